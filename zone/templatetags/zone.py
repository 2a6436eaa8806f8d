"""How facts look in a template. Form only: nothing here asks the database."""

from django import template

register = template.Library()
