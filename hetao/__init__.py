"""The machine's side: settings, addresses and the server."""
