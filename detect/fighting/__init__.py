"""What sets a fight apart from other motion, measured over time."""
