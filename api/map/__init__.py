"""`/v1/map`: the streets the console draws."""
