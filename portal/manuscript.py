"""A paper before it is made: its page, its identifier, and the data that will travel inside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Manuscript:
    """Everything that the bytes of a paper depend on; the same gives the same bytes.

    `data` is JSON: what the page tells people, for programs. It is dated `at`.
    """

    html: str
    identifier: str
    data: str
    at: datetime
