"""How far each rule is believed."""
