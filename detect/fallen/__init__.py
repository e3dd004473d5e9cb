"""Who lies on the ground: suspected for cheap reasons, then looked at closely."""
