"""Where frames come from. PyAV is met in this package and nowhere else."""
