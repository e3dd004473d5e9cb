"""What a camera's picture tells of the camera itself: whether it still sees its place."""
