"""How each camera is looked at: how often, and which parts of its frames."""
