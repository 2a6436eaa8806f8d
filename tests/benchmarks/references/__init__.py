"""What the site is measured against, on the same machine, server and settings, with the same content.

* W, a bare WSGI function, and D, a Django view behind Django's middleware: both return the bytes of a page that was
  made before, so nothing of them is left but the way there.
* R, a list of organisations as a good Django developer writes it on an ordinary day. It shows what ours shows.
"""
