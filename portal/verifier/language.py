"""What the tool says, in the reader's language: the portal's own Thai for its English sentences."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from gettext import GNUTranslations
from gettext import NullTranslations
from importlib import resources
from typing import TextIO

from portal.errors import N_
from portal.errors import PortalError

THAI, ENGLISH = "th", "en"
LANGUAGES = (THAI, ENGLISH)
_SETTINGS = ("LC_ALL", "LC_MESSAGES", "LANG")
_CATALOGUE = ("translations", "th", "LC_MESSAGES", "messages.mo")

# What the notes, policies and folders below say without marking it for translation themselves.
SAID_BELOW = (
    N_("no known log signed this checkpoint of {log}"),
    N_("a policy has no control characters"),
    N_("the quorum is missing"),
    N_("a key of another kind"),
    N_("a key stands twice"),
    N_("{needed} of {count}"),
    N_("a second quorum"),
    N_("{name} is no name that is free"),
    N_("{name} is not defined above"),
    N_("not a line of a policy"),
    N_("{name} is a member twice"),
    N_("a witness is asked over http or https"),
    N_("line {number}: {why}"),
    N_("not a signature line: {line}"),
    N_("more than {most} signatures"),
    N_("not canonical base64: {text}"),
    N_("a checkpoint of {origin}"),
    N_("not an Ed25519 verifier key: {text}"),
    N_("the key id does not fit the key: {text}"),
    N_("a note of {size} bytes"),
    N_("a note has no control characters"),
    N_("a note has an empty line and signatures under it"),
    N_("signed twice by {name}"),
    N_("not signed by {name}"),
    N_("the cosignature of {name} does not verify"),
    N_("not base64: {text}"),
    N_("not a checkpoint: {text}"),
    N_("a note is UTF-8 text"),
)


@dataclass(frozen=True, slots=True)
class Voice:
    """Says sentences in one language on one stream."""

    translations: NullTranslations
    stream: TextIO

    def say(self, sentence: str, /, **facts: object) -> None:
        """Say a sentence that stands in the catalogue."""
        self.show(self.text(sentence, **facts))

    def show(self, text: str) -> None:
        """Print a line; what could steer a terminal is spelled out."""
        print(_harmless(text), file=self.stream, flush=True)

    def text(self, sentence: str, /, **facts: object) -> str:
        """Return a sentence in the reader's language."""
        known = {name: self._said(fact) for name, fact in facts.items()}
        return self.translations.gettext(sentence).format(**known)

    def told(self, error: PortalError) -> str:
        """Return an error's sentence, with the reason inside it in the same language."""
        facts = dict(error.facts)
        cause = error.__cause__
        if isinstance(cause, PortalError):
            facts |= {name: cause for name, fact in facts.items() if fact == str(cause)}
        return self.text(error.sentence, **facts)

    def _said(self, fact: object) -> object:
        return self.told(fact) if isinstance(fact, PortalError) else fact


def _harmless(text: str) -> str:
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in text
    )


def translations(language: str) -> NullTranslations:
    """Return the catalogue of a language; English stands in the code."""
    if language == ENGLISH:
        return NullTranslations()
    with resources.files("portal").joinpath(*_CATALOGUE).open("rb") as file:
        return GNUTranslations(file)


def language(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return the language that was asked for, or the reader's own, or else Thai."""
    for place, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == "--lang":
            asked = value or next(iter(arguments[place + 1 :]), "")
            return asked if asked in LANGUAGES else THAI
    own = next((environment[name] for name in _SETTINGS if environment.get(name)), "")
    return ENGLISH if own.split("_")[0] == ENGLISH else THAI
