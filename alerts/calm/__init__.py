"""What keeps a control room able to hear: silences, shelving, floods, and their measures."""
