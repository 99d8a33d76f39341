"""The families of refusal. Each cause is one class that writes its own sentence.

A sentence is an English template with named facts; pages show it in the visitor's language.
Families are answered once, in `app.py`: `ForbiddenError` 403, `RuleError` and `StaleError` 409,
`NotFoundError` 404, `InputError` 422, `BusyError` 503.
"""

from __future__ import annotations


def N_(text: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Mark a text for translation where it is written; it is translated where it is shown."""
    return text


class PortalError(Exception):
    """A refusal a person can understand: a sentence and the facts in it."""

    def __init__(self, sentence: str, **facts: object) -> None:
        super().__init__(sentence.format(**facts))
        self.sentence = sentence
        self.facts = facts


class ForbiddenError(PortalError):
    """Not you."""


class RuleError(PortalError):
    """Not now, or not this way."""


class StaleError(PortalError):
    """The page was older than the thing it shows."""


class NotFoundError(PortalError):
    """Not there; also for somebody else's private thing."""


class InputError(PortalError):
    """What came in cannot be read."""


class BusyError(PortalError):
    """Too much at this time."""
