"""Things followed through the frames of one camera."""
