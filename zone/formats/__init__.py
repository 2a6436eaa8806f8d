"""How dates and times look where Django shows them, in languages whose own way is not ours: ``FORMAT_MODULE_PATH``."""
