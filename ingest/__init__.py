"""Camera packets to frames: owns `Camera`, `Frame`, `Timeline` and `Mailbox`.

Nothing is re-exported here on purpose: `alerts` may use `ingest.camera` (standard library only)
without pulling in NumPy or a video library.
"""
