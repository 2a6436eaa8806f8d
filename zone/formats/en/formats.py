"""English dates are British, as everywhere on the site: 27 November 2026, 09:49. Django's are American."""

DATE_FORMAT = "j F Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j F Y, H:i"
