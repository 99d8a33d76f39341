"""The inside of a process apart that makes papers, one after the other, until nobody sends more.

A manuscript comes as a line of JSON; a paper goes as its length in eight bytes and then itself.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import BinaryIO

from portal.manuscript import Manuscript
from portal.pdf import render_pdf
from portal.press import LENGTH


def serve(source: BinaryIO, target: BinaryIO) -> None:
    """Make a paper for each line, until there are no more."""
    for line in source:
        told = json.loads(line)
        content = render_pdf(Manuscript(**told | {"at": datetime.fromisoformat(told["at"])}))
        target.write(LENGTH.pack(len(content)) + content)
        target.flush()
