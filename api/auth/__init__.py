"""Who is calling and what they may do: tokens, sign-in codes, sessions, and the camera vault."""
