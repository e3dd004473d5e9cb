"""`/v1/alerts`: the feed, the account of each alert, and the steps people take."""
