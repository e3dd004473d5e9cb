"""What was said to whom, and what devices say of it."""
