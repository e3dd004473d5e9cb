"""Travel times over the city's streets: the graph out of its map, and an index to ask it fast."""
