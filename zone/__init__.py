"""The zone's side: its content, its pages and its newsroom."""
