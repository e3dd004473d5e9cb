"""Frames to incidents: owns `Detections`, `Track`, `Scene` and `Incident`.

Nothing is re-exported here on purpose: `alerts` may use `detect.incident` (standard library only)
without pulling in NumPy or an inference engine.
"""
