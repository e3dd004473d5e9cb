"""The guard: what a way of looking at cameras misses, measured against exact mode."""
