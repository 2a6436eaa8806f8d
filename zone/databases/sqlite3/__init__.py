"""SQLite that waits for a lock no longer than a request has patience, and notices when its file is another one."""
