"""Bringing Qalqan onto machines."""
