"""Incidents to accounted-for alerts: owns `Alert`, `Patrol` and the transition table."""
