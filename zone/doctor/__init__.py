"""Looks at a set-up from all sides and says what to do: see ``manage.py doctor``.

A check is a function whose name is what it looks at. It yields messages of Django's own check framework: ``Info`` for
what is right, ``Warning`` and ``Error`` with a hint for what is not, and nothing where there is nothing to look at. The
framework itself runs what it knows before every command, of a site that may have no database yet; these checks open
connections and write probes, so nobody runs them but this command, and what Django checks is one of them.
"""
