"""People to alerts and back: the HTTP service, the command line, the console."""
