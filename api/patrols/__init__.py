"""`/v1/patrols`: units, their positions, their duty and their own stream."""
