"""What was put down and left: backgrounds, how a region looks, whose it is."""
