"""Faults to plant in a published log: each changes one file, and puts it back afterwards."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.audit.merkle import HASH_BYTES
from portal.audit.note import Checkpoint
from portal.audit.note import Note
from portal.audit.note import sign
from portal.audit.signer import load_key
from portal.audit.tiles import bundle
from portal.audit.tiles import unbundle

# rfc8785 judges the form of entries and nothing else; a witness never reads an entry; Sigstore's
# verifier knows inclusion in one tree, but not the growth from one to the next.
FORM_ONLY = frozenset({"rfc8785"})
HEADS_ONLY = frozenset({"aics-witness"})
ONE_TREE_ONLY = frozenset({"@sigstore/verify"})


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: what it is, which file of the install, how, and which judges cannot see it."""

    name: str
    file: str
    change: Callable[[bytes, Path], bytes]
    unseen_by: frozenset[str] = FORM_ONLY

    @contextmanager
    def planted(self, install: Path) -> Iterator[None]:
        """Change the file of this install, and bring it back."""
        path = install / self.file
        whole = path.read_bytes()
        path.write_bytes(self.change(whole, install))
        try:
            yield
        finally:
            path.write_bytes(whole)


def flip(content: bytes, at: int) -> bytes:
    """Flip the lowest bit of a byte."""
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def _flip_leaf(tile: bytes, _install: Path) -> bytes:
    """Change the neighbour of the last leaf: it stands in proofs of every kind."""
    return flip(tile, -2 * HASH_BYTES + 16)


def _flip_summit(tile: bytes, _install: Path) -> bytes:
    return flip(tile, 16)


def _flip_entry(packed: bytes, _install: Path) -> bytes:
    """Change the last entry within its commitment, so that it is still well formed."""
    *others, last = unbundle(packed)
    return bundle([*others, flip(last, len(b'{"act":{"c":"') + 5)])


def _write_otherwise(packed: bytes, _install: Path) -> bytes:
    """Write the last entry with a space that canonical JSON does not have."""
    *others, last = unbundle(packed)
    return bundle([*others, last.replace(b":", b": ", 1)])


def _forge_root(note: bytes, _install: Path) -> bytes:
    """Change the root under the signature of the true one."""
    return str(replace(Note.parse(note), text=_forked(note).text())).encode()


def _sign_fork(note: bytes, install: Path) -> bytes:
    """Sign another root with the log's own key."""
    forked = _forked(note)
    return str(sign(forked.text(), forked.origin, load_key(install / "keys" / "log.pem"))).encode()


def _sign_by_stranger(note: bytes, _install: Path) -> bytes:
    """Sign the true root with another key under the same name."""
    text = Note.parse(note).text
    origin = Checkpoint.parse(text).origin
    return str(sign(text, origin, Ed25519PrivateKey.generate())).encode()


def _forked(note: bytes) -> Checkpoint:
    checkpoint = Checkpoint.parse(Note.parse(note).text)
    return replace(checkpoint, root=flip(checkpoint.root, 16))


FAULTS = (
    Fault("a bit flipped in a leaf hash", "log/tile/0/255", _flip_leaf),
    Fault("a bit flipped in the tile of level 2", "log/tile/2/000.p/1", _flip_summit),
    Fault(
        "a bit flipped in an entry",
        "log/tile/entries/255",
        _flip_entry,
        unseen_by=FORM_ONLY | HEADS_ONLY,
    ),
    Fault(
        "an entry not in canonical form",
        "log/tile/entries/255",
        _write_otherwise,
        unseen_by=HEADS_ONLY,
    ),
    Fault("a root forged under the old signature", "log/checkpoint", _forge_root),
    Fault("another root, signed with the log's own key", "log/checkpoint", _sign_fork),
    Fault("the true root, signed with another key", "log/checkpoint", _sign_by_stranger),
    Fault(
        "a log that does not continue what was signed earlier",
        "kept/52000",
        _sign_fork,
        unseen_by=FORM_ONLY | ONE_TREE_ONLY,
    ),
)
