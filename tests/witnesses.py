"""Witnesses of the tests, their policies, and a log that holds a document."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.audit.entry import Draft
from portal.audit.entry import EntryType
from portal.audit.entry import Field
from portal.audit.entry import Kind
from portal.audit.entry import Secret
from portal.audit.entry import base64url
from portal.audit.entry import leaf_hash
from portal.audit.entry import uuid7
from portal.audit.merkle import inclusion_proof
from portal.audit.merkle import perfect_root
from portal.audit.merkle import subtree_root
from portal.audit.note import COSIGNATURE
from portal.audit.note import Checkpoint
from portal.audit.note import Note
from portal.audit.note import Signature
from portal.audit.note import VerifierKey
from portal.audit.note import sign
from portal.audit.proof import Proof
from portal.audit.sealing import Sealed
from portal.audit.sealing import seal

WITNESS_KEYS = {
    name: Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
    for number, name in enumerate(("audit-firm", "university", "donor"), start=1)
}
WITNESSES = {
    name: VerifierKey(f"{name}.example", key.public_key().public_bytes_raw(), COSIGNATURE)
    for name, key in WITNESS_KEYS.items()
}
WITNESSED_AT = int(datetime(2026, 11, 22, 6, 5, tzinfo=UTC).timestamp())
ORIGIN = "audit.example/documents"
LOG_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
LOG = VerifierKey(ORIGIN, LOG_KEY.public_key().public_bytes_raw())
DOCUMENT_ISSUED = EntryType(
    "document.issued",
    public={
        "reference": Field(Kind.REFERENCE, "the request's number"),
        "satang": Field(Kind.SATANG, "the amount in satang"),
    },
    private=("doc",),
)


def two_of_three(log: VerifierKey) -> str:
    """Write the policy under which two of the three witnesses must have signed."""
    lines = [f"log {log}", *(f"witness {name} {key}" for name, key in WITNESSES.items())]
    return "\n".join([*lines, f"group outside 2 {' '.join(WITNESSES)}", "quorum outside", ""])


def cosigned(note: Note, *names: str, at: int = WITNESSED_AT) -> Note:
    """Return the note with the cosignatures of these witnesses under it."""
    return Note(
        note.text, (*note.signatures, *(cosignature(note.text, name, at) for name in names))
    )


def cosignature(text: str, name: str, at: int = WITNESSED_AT) -> Signature:
    """Sign along as a witness."""
    told = f"cosignature/v1\ntime {at}\n{text}".encode()
    raw = at.to_bytes(8, "big") + WITNESS_KEYS[name].sign(told)
    return Signature(WITNESSES[name].name, WITNESSES[name].key_id, raw)


def prove_among(bodies: Sequence[bytes], index: int) -> Proof:
    """Return the proof of one of these entries, which are the whole log of the tests."""
    leaves = [leaf_hash(body) for body in bodies]

    @cache
    def node(level: int, at: int) -> bytes:
        return perfect_root(leaves[at << level : at + 1 << level])

    checkpoint = Checkpoint(LOG.name, len(leaves), subtree_root(node, 0, len(leaves)))
    note = sign(checkpoint.text(), LOG.name, LOG_KEY)
    return Proof(bodies[index], index, tuple(inclusion_proof(node, index, len(leaves))), note)


def witnessed(proof: Proof, *names: str) -> Proof:
    """Return the proof under a checkpoint that these witnesses have cosigned."""
    return Proof(proof.body, proof.index, proof.hashes, cosigned(proof.note, *names))


@dataclass(frozen=True, slots=True)
class Issued:
    """A document whose digest an entry has sealed, and what stands behind the # of its link."""

    file: bytes
    fragment: str
    sealed: Sealed


def issue(start: bytes) -> Issued:
    """Issue a document that carries its own link: entry id and salt are chosen before that."""
    eid = uuid7(WITNESSED_AT * 1000, secrets.token_bytes)
    salts = [secrets.token_bytes(32), secrets.token_bytes(32)]
    fragment = f"1.{base64url(bytes.fromhex(eid.replace('-', '')))}.{base64url(salts[1])}"
    file = start + f"\n<< /URI (https://fund.example/v#{fragment}) >>\n%%EOF\n".encode()
    draft = Draft(
        DOCUMENT_ISSUED,
        datetime(2026, 11, 22, 6, 0, tzinfo=UTC),
        "treasurer",
        Secret("person:1", 1),
        {"reference": "RYG-2570-000001", "satang": 150050},
        {"doc": Secret("youth:1", hashlib.sha256(file).hexdigest())},
    )
    # The actor is sealed first, then the document.
    waiting = iter(salts)
    return Issued(file, fragment, seal(draft, eid=eid, random=lambda _: next(waiting)))
