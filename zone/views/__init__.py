"""One function for each page, a module for each kind of page. Whatever a page shows it has asked of ``published()``."""
