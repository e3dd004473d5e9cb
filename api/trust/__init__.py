"""`/v1/trust`: how far each camera's rules are believed, and who decided so."""
