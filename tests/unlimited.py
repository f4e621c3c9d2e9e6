"""The site for a scanner: it asks more in a minute than a person in a year, so nothing is counted.

gunicorn loads it as `tests.unlimited:app`; everything else is as `forum.wsgi` has it.
"""

from forum.extensions import limiter
from forum.wsgi import app

limiter.enabled = False

__all__ = ["app"]
