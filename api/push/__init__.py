"""`/v1/push`, `/v1/patrols/me/push`: which devices of a unit can be woken."""
