"""Trains our own heads: run by a person, never by the service."""
