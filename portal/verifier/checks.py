"""Checking what one has in hand: a proof, an opening, a whole copy of the log, its figures."""

from __future__ import annotations

import hashlib
import json
from argparse import Namespace
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from portal.audit.check import LogError
from portal.audit.entry import Entry
from portal.audit.entry import EntryError
from portal.audit.entry import Json
from portal.audit.entry import check_entry
from portal.audit.folder import Folder
from portal.audit.link import PaperLink
from portal.audit.link import check_document
from portal.audit.link import checked_salt
from portal.audit.opening import OpeningFile
from portal.audit.policy import Policy
from portal.audit.policy import Seen
from portal.audit.proof import Proof
from portal.errors import N_
from portal.errors import PortalError
from portal.labels import TABLES
from portal.publishing.vocabulary import TYPES
from portal.verifier.figures import tell_figures
from portal.verifier.language import Voice
from portal.verifier.reading import verified
from portal.verifier.trust import Exit
from portal.verifier.trust import NotCheckedError
from portal.verifier.trust import Signed
from portal.verifier.trust import head
from portal.verifier.trust import policy_for
from portal.verifier.trust import read_policy
from portal.verifier.trust import tell
from portal.verifier.trust import utc

FRESH_HOURS = 26
# Clocks of honest people differ by less.
AHEAD_HOURS = 1


def check_proof(options: Namespace, voice: Voice, _at: datetime) -> Exit:
    """Check that an entry is in the log, and that a paper is the one the entry tells of."""
    policy, raw = read_policy(Path(options.policy)), Path(options.file).read_bytes()
    try:
        proof = Proof.parse(raw)
        entry, seen = proof.verify(policy)
    except PortalError as error:
        sentence = N_("The proof {name} does not hold: {why}")
        raise LogError(sentence, name=options.file, why=error) from error
    _tell_entry(voice, proof, entry)
    if options.pdf:
        _check_paper(options, entry)
        voice.say(N_("The paper {name} is the one that was recorded."), name=options.pdf)
    elif options.link or options.salt:
        raise NotCheckedError(N_("--link and --salt need the paper: say which with --pdf."))
    return tell(voice, policy, seen)


def _tell_entry(voice: Voice, proof: Proof, entry: Entry) -> None:
    voice.say(
        N_("Entry {index} is in the log: {act} ({type}), {at}, by {role}, number {eid}."),
        index=proof.index,
        act=_shown(voice, "act", entry.type),
        type=entry.type,
        at=entry.at,
        role=_shown(voice, "role", entry.role),
        eid=entry.eid,
    )
    _show(voice, entry.public)


def _shown(voice: Voice, table: str, value: str) -> str:
    """Return the public name of a value; a newer log may know some that this tool does not."""
    return voice.text(TABLES[table].get(value, value).replace("{", "{{").replace("}", "}}"))


def _show(voice: Voice, fields: Mapping[str, Json]) -> None:
    for name, value in fields.items():
        voice.show(f"  {name}: {json.dumps(value, ensure_ascii=False)}")


def _check_paper(options: Namespace, entry: Entry) -> None:
    with Path(options.pdf).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if options.link:
        link = PaperLink.parse(options.link)
        link.check_entry(entry)
        check_document(entry, salt=link.salt, digest=digest)
    elif options.salt:
        check_document(entry, salt=checked_salt(options.salt), digest=digest)
    else:
        raise NotCheckedError(
            N_("A paper is checked with the link in its QR code: say it with --link or --salt.")
        )


def check_opening(options: Namespace, voice: Voice, _at: datetime) -> Exit:
    """Check that sealed fields of an entry were opened as they were sealed."""
    policy, raw = read_policy(Path(options.policy)), Path(options.file).read_bytes()
    try:
        opening = OpeningFile.parse(raw)
        opened = opening.verify(policy)
    except PortalError as error:
        sentence = N_("The opening {name} does not hold: {why}")
        raise LogError(sentence, name=options.file, why=error) from error
    _tell_entry(voice, opening.proof, opened.entry)
    voice.say(N_("Opened, and just as it was sealed in the entry:"))
    _show(voice, opened.fields)
    return tell(voice, policy, opened.seen)


def audit(options: Namespace, voice: Voice, at: datetime) -> Exit:
    """Check every byte, hash and entry of a copy, its root, its signatures and its age."""
    folder, policy, signed = _copy(options)
    for index, entry in verified(folder, signed):
        try:
            check_entry(entry, TYPES)
        except EntryError as error:
            raise LogError(N_("Entry {index}: {why}"), index=index, why=error) from error
    voice.say(N_("Every entry, every hash and the root are as they were signed."))
    tell_age(voice, signed.seen, at)
    return tell(voice, policy, signed.seen)


def fold(options: Namespace, voice: Voice, _at: datetime) -> Exit:
    """Check that no entry breaks a rule of the house, and work out every public figure."""
    folder, policy, signed = _copy(options)
    tell_figures(voice, signed.checkpoint, verified(folder, signed), as_json=options.json)
    return tell(voice, policy, signed.seen)


def _copy(options: Namespace) -> tuple[Folder, Policy, Signed]:
    path = Path(options.dir)
    policy = policy_for(path, options.policy)
    return Folder(path), policy, head(path, policy)


def tell_age(voice: Voice, seen: Seen, at: datetime) -> None:
    """Say how old the newest witness time is: an old one may hide what happened since."""
    if not seen.witnessed:
        voice.say(N_("No witness says when this was the newest checkpoint: it may be old."))
        return
    newest = max(seen.witnessed.values())
    hours = (int(at.timestamp()) - newest) / 3600
    voice.say(
        N_("The newest witness time is {time}, {hours:,.0f} hours ago."),
        time=utc(newest),
        hours=max(hours, 0),
    )
    if hours > FRESH_HOURS:
        voice.say(
            N_(
                "WARNING: that is more than {most} hours. The copy is old, or the site has stopped "
                "showing what is new."
            ),
            most=FRESH_HOURS,
        )
    if hours < -AHEAD_HOURS:
        voice.say(N_("WARNING: that is in the future. A clock is wrong: a witness's, or this one."))
