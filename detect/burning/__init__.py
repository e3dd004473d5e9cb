"""Flames and smoke in the picture itself, and the evidence for them over time."""
