"""Whom to send: choices, pure, with their reasons."""
