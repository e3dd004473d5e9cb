"""`/v1/session` and `/v1/tokens`: signing in and handing out tokens."""
