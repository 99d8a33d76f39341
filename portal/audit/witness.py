"""Asking outsiders to cosign the newest checkpoint: the client side of C2SP tlog-witness.

Publishing never waits for a witness: one that is silent or refuses is told to the operator, and
whoever reads a checkpoint sees who did cosign it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from urllib.error import HTTPError
from urllib.error import URLError
from urllib.request import Request
from urllib.request import urlopen

from portal.audit.merkle import Nodes
from portal.audit.merkle import consistency_proof
from portal.audit.note import Checkpoint
from portal.audit.note import Note
from portal.audit.note import NoteError
from portal.audit.note import Signature
from portal.audit.policy import Witness
from portal.errors import N_
from portal.errors import PortalError

SECONDS_MAX = 5
ANSWER_BYTES_MAX = 100_000
_SIZE = re.compile(r"(0|[1-9][0-9]{0,18})\n?")


class WitnessError(PortalError):
    """A witness did not cosign; the sentence says what the operator can do."""


class NoAnswerError(WitnessError):
    """The witness cannot be reached, or says nothing that can be read."""

    def __init__(self, witness: Witness, why: object) -> None:
        super().__init__(
            N_("The witness {name} gave no answer: {why}. It will be asked again."),
            name=witness.name,
            why=why,
        )


class UnknownLogError(WitnessError):
    """The witness does not know this log, or not its key."""

    def __init__(self, witness: Witness, status: int) -> None:
        super().__init__(
            N_(
                "The witness {name} does not know this log or its key (answer {status}). Send it "
                "the first lines of /log/policy."
            ),
            name=witness.name,
            status=status,
        )


class OtherLogError(WitnessError):
    """The witness has seen another log under this name, or a longer one."""

    def __init__(self, witness: Witness, status: int) -> None:
        super().__init__(
            N_(
                "The witness {name} does not find its own past in the log published here (answer "
                "{status}). Run `log check`: a damaged file looks the same. If all is well there, "
                "stop: was the signer restored from a backup, or was the log signed twice? Ask the "
                "witness for the checkpoint it keeps, and compare with a copy."
            ),
            name=witness.name,
            status=status,
        )


@dataclass(frozen=True, slots=True)
class Round:
    """What came of asking: the lines of those who cosigned, and why the others did not."""

    lines: Mapping[str, Signature]
    refusals: Mapping[str, WitnessError]


def ask_all(
    witnesses: Iterable[Witness], note: Note, nodes: Nodes, *, seen: Mapping[str, int]
) -> Round:
    """Ask all at once to cosign; `seen` is the size that each cosigned last, by name."""
    asked = list(witnesses)
    lines: dict[str, Signature] = {}
    refusals: dict[str, WitnessError] = {}
    with ThreadPoolExecutor(max_workers=max(1, len(asked))) as threads:
        answers = {
            witness.name: threads.submit(ask, witness, note, nodes, old=seen.get(witness.name, 0))
            for witness in asked
        }
        for name, answer in answers.items():
            try:
                lines[name] = answer.result()
            except WitnessError as error:
                refusals[name] = error
    return Round(lines, refusals)


def ask(witness: Witness, note: Note, nodes: Nodes, *, old: int) -> Signature:
    """Return the witness's line under the note, or raise `WitnessError`.

    `old` is the size it is thought to have cosigned last; it says so when it knows better.
    """
    size = Checkpoint.parse(note.text).size
    status, answer = _post(witness, note, nodes, old=min(old, size))
    if status == HTTPStatus.CONFLICT:
        known = _SIZE.fullmatch(answer)
        if known is None or not int(known[1]) <= size or int(known[1]) == old:
            raise OtherLogError(witness, status)
        status, answer = _post(witness, note, nodes, old=int(known[1]))
    if status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
        raise UnknownLogError(witness, status)
    if status in {HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}:
        raise OtherLogError(witness, status)
    if status != HTTPStatus.OK:
        raise NoAnswerError(witness, status)
    return _line(witness, note, answer)


def _post(witness: Witness, note: Note, nodes: Nodes, *, old: int) -> tuple[int, str]:
    size = Checkpoint.parse(note.text).size
    proof = consistency_proof(nodes, old, size) if old else []
    lines = [f"old {old}", *(base64.b64encode(step).decode("ascii") for step in proof)]
    body = "\n".join(lines) + f"\n\n{note}"
    address = witness.url.rstrip("/") + "/add-checkpoint"
    request = Request(address, data=body.encode(), method="POST")  # noqa: S310 - a policy says http(s)
    request.add_header("Content-Type", "text/plain; charset=utf-8")
    try:
        with urlopen(request, timeout=SECONDS_MAX) as answer:  # noqa: S310 - as above
            return answer.status, answer.read(ANSWER_BYTES_MAX).decode()
    except HTTPError as error:
        with error:
            return error.code, error.read(ANSWER_BYTES_MAX).decode(errors="replace")
    except (URLError, OSError, UnicodeDecodeError) as error:
        raise NoAnswerError(witness, error) from error


def _line(witness: Witness, note: Note, answer: str) -> Signature:
    """Take the witness's own line out of its answer, once it verifies; others are ignored."""
    try:
        answered = Note.parse(f"{note.text}\n{answer}".encode())
        mine = answered.by(witness.key)
        answered.cosigned_at(witness.key)
    except NoteError as error:
        raise NoAnswerError(witness, error) from error
    if mine is None:
        raise NoAnswerError(witness, answer[:80])
    return mine
