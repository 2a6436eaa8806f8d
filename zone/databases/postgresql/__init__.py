"""PostgreSQL with connections that are not waited for longer than a request has patience."""
