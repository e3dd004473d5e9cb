"""The `qalqan` command."""
