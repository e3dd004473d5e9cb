"""`/v1/cameras`: register, change, look at and remove cameras."""
