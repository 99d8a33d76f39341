from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

import pytest

from portal.audit.entry import Draft
from portal.audit.entry import EntryError
from portal.audit.entry import EntryType
from portal.audit.entry import Json
from portal.audit.entry import Secret
from portal.audit.entry import base64url
from portal.audit.entry import canonical
from portal.audit.entry import commitment
from portal.audit.entry import leaf_hash
from portal.audit.entry import parse
from portal.audit.entry import unbase64url
from portal.audit.link import LinkError
from portal.audit.link import PaperLink
from portal.audit.link import check_document
from portal.audit.link import checked_salt
from portal.audit.merkle import Frontier
from portal.audit.merkle import ProofError
from portal.audit.note import NoteError
from portal.audit.opening import OpeningError
from portal.audit.opening import OpeningFile
from portal.audit.policy import Policy
from portal.audit.proof import Proof
from portal.audit.sealing import Sealed
from portal.audit.sealing import seal
from tests.logs import AT
from tests.logs import Key
from tests.logs import eid

REPORT = EntryType("report.issued", {}, ("doc", "note"))
DIGEST = hashlib.sha256(b"%PDF-1.7 a paper").hexdigest()
ACTOR = Secret("person:1", {"id": 1, "name": "มาลี"})
KEY = Key()
POLICY = Policy.parse(KEY.policy())


def salts(count: int) -> bytes:
    return bytes(range(count))


def report() -> Sealed:
    private = {"doc": Secret("report:1", DIGEST), "note": Secret("report:1", "ลับ")}
    draft = Draft(REPORT, AT, "officer", ACTOR, {}, private)
    return seal(draft, eid=eid(1), random=salts)


SEALED = report()
SALT = base64url(salts(32))
DISCLOSURES = {opening.field: opening.disclosure for opening in SEALED.openings}


def proof(sealed: Sealed = SEALED) -> Proof:
    note = KEY.note(1, Frontier().extend([leaf_hash(sealed.body)]).root())
    return Proof(sealed.body, 0, (), note)


def test_an_opening_shows_what_was_sealed_and_nothing_else() -> None:
    written = str(OpeningFile(proof(), (DISCLOSURES["note"], DISCLOSURES["act"])))
    assert json.loads(written).keys() == {"v", "proof", "open"}
    opening = OpeningFile.parse(written.encode())
    assert str(opening) == written
    opened = opening.verify(POLICY)
    assert opened.fields == {"note": "ลับ", "act": {"id": 1, "name": "มาลี"}}
    assert (opened.entry.eid, opened.seen.checkpoint.size) == (eid(1), 1)


def test_the_proof_in_an_opening_is_checked_first() -> None:
    other = Proof(SEALED.body, 0, (bytes(32),), proof().note)
    with pytest.raises(ProofError):
        OpeningFile(other, (DISCLOSURES["note"],)).verify(POLICY)
    with pytest.raises(NoteError):
        OpeningFile(proof(), (DISCLOSURES["note"],)).verify(Policy.parse(Key().policy()))


def disclosed(*told: Json) -> str:
    return base64url(canonical(told))


@pytest.mark.parametrize(
    "disclosure",
    [
        disclosed(SALT, "report.issued.note", "another value"),
        disclosed(SALT, "report.issued.doc", "ลับ"),
        disclosed(SALT, "report.issued.nothing", "ลับ"),
        disclosed(SALT, "fund_request.approved.note", "ลับ"),
        disclosed(SALT, "note", "ลับ"),
        disclosed("short", "report.issued.note", "ลับ"),
        disclosed(SALT, "report.issued.note"),
        disclosed(SALT, "report.issued.note", "ลับ", 1),
        base64url(json.dumps([SALT, "report.issued.note", "ลับ"]).encode()),
        base64url(b'["' + SALT.encode() + b'","report.issued.note",{"a":1,"a":2}]'),
        base64url(b"\xff"),
        base64url(b"[" * 5000),
        DISCLOSURES["note"] + "=",
        DISCLOSURES["note"][:-1],
        "ก" + DISCLOSURES["note"],
        "",
    ],
)
def test_what_does_not_open_the_field_it_names_is_refused(disclosure: str) -> None:
    with pytest.raises(EntryError):
        OpeningFile(proof(), (disclosure,)).verify(POLICY)


def forged(disclosure: str) -> Proof:
    """Prove an entry whose writer sealed this disclosure as its note."""
    seals = commitment(DISCLOSURES["note"]).encode(), commitment(disclosure).encode()
    return proof(Sealed(SEALED.eid, SEALED.body.replace(*seals), ()))


@pytest.mark.parametrize(
    ("disclosure", "why"),
    [
        (base64url(f'["{SALT}", "report.issued.note", "x"]'.encode()), "canonical"),
        (disclosed(SALT, "fund_request.approved.note", "x"), "is no field of report.issued"),
        (disclosed(SALT, "report.issued.doc", "x"), "not what the entry has sealed"),
    ],
)
def test_a_seal_that_fits_does_not_make_a_disclosure_right(disclosure: str, why: str) -> None:
    with pytest.raises(EntryError, match=why):
        OpeningFile(forged(disclosure), (disclosure,)).verify(POLICY)


def test_a_field_is_opened_once() -> None:
    with pytest.raises(OpeningError, match="opened twice"):
        OpeningFile(proof(), (DISCLOSURES["note"],) * 2).verify(POLICY)


def written(**changes: object) -> str:
    told = {"v": 1, "proof": str(proof()), "open": [DISCLOSURES["note"]]}
    return json.dumps({**told, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"v": True},
        {"open": []},
        {"open": DISCLOSURES["note"]},
        {"open": [1]},
        {"open": ["x" * 4_000_000]},
        {"more": 1},
        {"proof": "\ud800"},
        {"proof": "no proof"},
    ],
)
def test_an_opening_has_one_form(changes: dict[str, object]) -> None:
    with pytest.raises((EntryError, ProofError)):
        OpeningFile.parse(written(**changes).encode())


def test_what_is_no_opening_is_refused() -> None:
    twice = written().replace('"v": 1', '"v": 1, "v": 1')
    for raw in (b"", b"[]", b"[" * 100_000, twice.encode()):
        with pytest.raises((EntryError, ProofError)):
            OpeningFile.parse(raw)
    with pytest.raises(OpeningError):
        OpeningFile.parse(b"\xff")


def test_the_link_of_a_paper_opens_its_digest() -> None:
    entry = parse(SEALED.body)
    written = f"https://fund.example.org/v#1.{base64url(bytes.fromhex(eid(1).replace('-', '')))}"
    link = PaperLink.parse(f"{written}.{SALT}")
    assert (link.eid, link.salt) == (eid(1), SALT)
    assert PaperLink.parse(str(link)) == link
    link.check_entry(entry)
    check_document(entry, salt=link.salt, digest=DIGEST)


@pytest.mark.parametrize(
    "change",
    [
        lambda link: link[:-1],
        lambda link: link + "A",
        lambda link: "2" + link[1:],
        lambda link: link.replace(".", ","),
        # The last letter of each part carries bits that must be zero.
        lambda link: link[:-1] + "9",
        lambda link: link[:23] + "9" + link[24:],
        lambda link: f"https://fund.example.org/v?{link}",
    ],
)
def test_what_is_no_link_is_refused(change: Callable[[str], str]) -> None:
    with pytest.raises(EntryError):
        PaperLink.parse(change(str(PaperLink(eid(1), SALT))))


def test_another_paper_or_entry_or_salt_is_refused() -> None:
    entry = parse(SEALED.body)
    with pytest.raises(LinkError, match="The link is of entry"):
        PaperLink(eid(2), SALT).check_entry(entry)
    for salt, digest in ((SALT, "0" * 64), (base64url(bytes(32)), DIGEST)):
        with pytest.raises(LinkError, match="not the one that was recorded"):
            check_document(entry, salt=salt, digest=digest)
    with pytest.raises(LinkError, match="salt"):
        checked_salt("AAAA")


def test_only_an_entry_that_seals_a_paper_has_one() -> None:
    plain = EntryType("plain.act", {})
    entry = parse(seal(Draft(plain, AT, "officer", ACTOR, {}), eid=eid(1), random=salts).body)
    with pytest.raises(EntryError, match="no sealed field doc"):
        check_document(entry, salt=SALT, digest=DIGEST)


def test_base64url_has_one_form() -> None:
    for raw in (b"", b"a", b"ab", b"abc", bytes(range(256))):
        assert unbase64url(base64url(raw)) == raw
    for text in ("YQ==", "YR", "Y", "+/+/", "YWI ", "ก"):
        with pytest.raises(EntryError):
            unbase64url(text)
