"""The demonstration city: virtual cameras and patrols."""
