"""What a WSGI server loads: the portal, once it knows its secrets."""

from __future__ import annotations

import gc

# What is loaded stays: to look through it for garbage, again and again, takes a sixth of the start.
gc.disable()

from config import read_settings  # noqa: E402 - see above
from portal.app import create_app  # noqa: E402
from portal.journal_lines import start_journal  # noqa: E402
from portal.metrics import share_figures  # noqa: E402

start_journal()
share_figures()
settings = read_settings()
settings.require_secrets()
app = create_app(settings)
gc.freeze()
gc.enable()
