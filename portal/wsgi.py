"""What a WSGI server loads: the portal, once it knows its secrets."""

from __future__ import annotations

from config import read_settings
from portal.app import create_app

settings = read_settings()
settings.require_secrets()
app = create_app(settings)
