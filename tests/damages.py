"""Every way to damage a proof file: none of them may end in a yes."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

from portal.audit.entry import leaf_hash
from portal.audit.note import Note
from portal.audit.note import Signature
from portal.audit.note import sign
from portal.audit.proof import Proof
from tests.witnesses import LOG
from tests.witnesses import LOG_KEY
from tests.witnesses import WITNESS_KEYS
from tests.witnesses import prove_among
from tests.witnesses import witnessed


def bits_and_cuts(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Turn a bit of each byte, and cut the end off."""
    for at in range(len(raw)):
        changed = bytearray(raw)
        changed[at] ^= 1 << at % 8
        yield f"bit {at % 8} of byte {at}", bytes(changed)
    for length in range(0, len(raw), 7):
        yield f"cut to {length}", raw[:length]


def changed_lines(written: str) -> Iterator[tuple[str, str]]:
    """Change a line, an index, an ending."""
    lines = written.split("\n")
    yield "wrong index", written.replace("\nindex 6\n", "\nindex 5\n")
    yield "index beyond", written.replace("\nindex 6\n", "\nindex 7\n")
    yield "index with a zero", written.replace("\nindex 6\n", "\nindex 06\n")
    yield "index too large", written.replace("\nindex 6\n", "\nindex 9223372036854775815\n")
    yield "a hash too few", "\n".join([*lines[:3], *lines[4:]])
    yield "a hash twice", "\n".join([*lines[:4], *lines[3:]])
    yield "hashes exchanged", "\n".join([*lines[:3], lines[4], lines[3], *lines[5:]])
    yield "a byte order mark", f"\ufeff{written}"
    yield "other line ends", written.replace("\n", "\r\n")
    yield "no note", written.partition("\n\n")[0]


def changed_notes(text: str, signatures: tuple[Signature, ...]) -> Iterator[tuple[str, Note]]:
    """Sign something else, with another key, for another log, or twice."""
    stranger = WITNESS_KEYS["donor"]
    elsewhere = text.replace(LOG.name, "other.example")
    rest = signatures[1:]
    for name, note in (
        ("another key under the name", sign(text, LOG.name, stranger)),
        ("another origin", sign(elsewhere, "other.example", LOG_KEY)),
        ("signed for another log", sign(elsewhere, LOG.name, LOG_KEY)),
        ("another root", sign(f"{LOG.name}\n7\n{'A' * 43}=\n", LOG.name, LOG_KEY)),
        ("another size", sign(text.replace("\n7\n", "\n8\n"), LOG.name, LOG_KEY)),
    ):
        yield name, Note(note.text, note.signatures + rest)
    yield "not signed by the log", Note(text, rest)
    yield "the log's line twice", Note(text, (*signatures, signatures[0]))
    yield "a witness's line twice", Note(text, (*signatures, signatures[1]))
    others = [Signature("other", bytes([number]) * 4, bytes(64)) for number in range(98)]
    yield "too many lines", Note(text, (*signatures, *others))


def changed_entries(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Change the entry in a log that holds it so, and is signed and witnessed so."""
    for name, changed in (
        ("with a space", body.replace(b'"v":1', b'"v": 1')),
        ("with a member twice", body.replace(b'"v":1', b'"v":1,"v":1')),
        ("of another version", body.replace(b'"v":1', b'"v":2')),
        ("of a day that is none", body.replace(b"2026-11-22T", b"2026-02-30T")),
        ("of the year 0", body.replace(b"2026-11-22T", b"0000-11-22T")),
    ):
        assert changed != body
        yield name, str(witnessed(prove_among([changed], 0), "audit-firm", "donor")).encode()


def damages(proof: Proof) -> Iterator[tuple[str, bytes]]:
    """Damage the proof of the last of seven entries, each way with its name."""
    written = str(proof)
    for name, changed in changed_lines(written):
        yield name, changed.encode()
    head = written.partition("\n\n")[0]
    for name, note in changed_notes(proof.note.text, proof.note.signatures):
        yield name, f"{head}\n\n{note}".encode()
    yield from changed_entries(proof.body)
    # The log itself may sign nonsense: of two entries, but rooted in the one.
    root = b64encode(leaf_hash(proof.body)).decode("ascii")
    note = sign(f"{LOG.name}\n2\n{root}\n", LOG.name, LOG_KEY)
    alone = Proof(proof.body, 0, (), note)
    yield "too short for its size", str(witnessed(alone, "audit-firm", "donor")).encode()
