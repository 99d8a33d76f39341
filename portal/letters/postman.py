"""Sending what is due: one letter after another, each claimed, sent, and noted in that order."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from portal import mail
from portal.db import writing
from portal.letters import queries
from portal.letters import service
from portal.letters import texts
from portal.mail import Mail
from portal.mail import MailError
from portal.mail import MailServer


@dataclass(frozen=True, slots=True)
class PostOffice:
    """Where mail is handed in, from whom it comes, and the portal it leads to."""

    server: MailServer
    sender: str
    base_url: str


@dataclass(frozen=True, slots=True)
class Round:
    """How many letters went out, and what stood in the way of others."""

    sent: int
    troubles: tuple[MailError, ...] = ()


def send_letters(engine: Engine, office: PostOffice, *, at: datetime) -> Round:
    """Send every letter that is due; stop when the server itself does not answer."""
    with writing(engine, {}) as session:
        service.give_up(session, at=at)
    sent, troubles = 0, []
    while claimed := _claim(engine, office, at=at):
        letter_id, letter = claimed
        try:
            mail.send(office.server, letter)
        except MailError as error:
            with writing(engine, {}) as session:
                service.note_failure(session, letter_id, error.trouble, at=at)
            troubles.append(error)
            if error.is_of_server:
                break
        else:
            # A kill before this commit sends the letter once more, with the same Message-ID.
            with writing(engine, {}) as session:
                service.note_sent(session, letter_id, at=at)
            sent += 1
    return Round(sent, tuple(troubles))


def _claim(engine: Engine, office: PostOffice, *, at: datetime) -> tuple[int, Mail] | None:
    """Take up a letter, and write it at the first attempt; all others send the same words."""
    with writing(engine, {}) as session:
        claimed = service.claim_letter(session, at=at)
        if claimed is None:
            return None
        letter, address = claimed
        if letter.subject is None or letter.body is None:
            digests = queries.entry_digests(session, letter.abouts)
            written = texts.write(letter.kind, letter.abouts, digests, base_url=office.base_url)
            letter.subject, letter.body = written.subject, written.body
        return letter.id, Mail(
            sender=office.sender,
            to=address,
            subject=letter.subject,
            body=letter.body,
            message_id=_message_id(letter.key, office.sender),
            at=letter.made_at,
        )


def _message_id(key: str, sender: str) -> str:
    """Return the same id for the same letter, from which nothing can be read."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{sender.rpartition('@')[2]}>"
