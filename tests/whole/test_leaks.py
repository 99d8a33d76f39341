"""No name, number, account or reason of anybody appears in anything public."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.concerns.models import Concern
from portal.concerns.models import ConcernAct
from portal.concerns.models import FindingAct
from portal.db import db
from portal.funds.models import Attachment
from portal.funds.models import Donation
from portal.funds.models import FundRequest
from portal.funds.models import PayeeAccount
from portal.funds.models import RequestAct
from portal.payments.models import Payment
from portal.payments.models import Receipt
from portal.people.models import Person
from portal.publishing.open_build import build
from portal.worker import open_place
from portal.youths.models import Consent
from portal.youths.models import Guardian
from portal.youths.models import Project
from portal.youths.models import Youth
from tests.conftest import Maker
from tests.conftest import Portal
from tests.world import ITEM
from tests.world import LINED
from tests.world import LINES
from tests.world import UNIT

# By how many characters from its start a secret is looked for first: a long and a short beginning.
HEADS = (10, 4)
LINK = re.compile(r'(?:href|src|action)="(/[^"#]*)')


def secrets() -> set[str]:
    """Return everything private that the demo's people told, in every form it might leak in."""
    with Session(db.engine) as session:
        found: set[str | None] = set()
        for youth in session.scalars(select(Youth)):
            found |= {youth.name, f"{youth.first_name} {youth.last_name}", youth.national_id}
            found |= {youth.national_id_hash, youth.birth_on.isoformat()}
        for payee in session.scalars(select(PayeeAccount)):
            found |= {payee.holder, payee.account_number}
        found |= set(session.scalars(select(FundRequest.reason)))
        found |= set(session.scalars(select(FundRequest.finder)))
        found |= set(session.scalars(select(FundRequest.import_fingerprint)))
        found |= set(session.scalars(select(Project.name)))
        found |= set(session.scalars(select(Donation.donor)))
        found |= set(session.scalars(select(RequestAct.note)))
        found |= set(session.scalars(select(Attachment.file_name)))
        found |= set(session.scalars(select(Attachment.digest)))
        found |= set(session.scalars(select(Payment.bank_reference)))
        found |= set(session.scalars(select(Receipt.digest)))
        found |= set(session.scalars(select(Person.name)))
        found |= set(session.scalars(select(Person.email)))
        found |= set(session.scalars(select(FindingAct.words)))
        found |= set(session.scalars(select(ConcernAct.words)))
        found |= set(session.scalars(select(Concern.contact)))
        found |= set(session.scalars(select(Guardian.name)))
        found |= set(session.scalars(select(Consent.signer)))
    return {secret for secret in found if secret and len(secret) > 3}


def public_pages(client: FlaskClient) -> Iterator[tuple[str, bytes]]:
    """Follow every link from the front page, in both languages, and ask for what is not there."""
    waiting = [
        "/",
        "/en/",
        "/sign-in",
        "/no-such-page",
        "/requests/NO-SUCH",
        "/office/",
        "/treasury/",
    ]
    seen = set(waiting)
    while waiting:
        path = waiting.pop()
        with client.get(path) as answer:
            yield path, answer.data + str(answer.headers).encode()
            text = answer.data.decode() if answer.mimetype == "text/html" else ""
        for found in LINK.findall(text):
            link = found.replace("&amp;", "&")
            # A list is paged through by its own links: each act leads to its place in the log. Of
            # what narrows a search one thing at a time is tried; all of them together never end.
            is_own = link.partition("?")[0] == path.partition("?")[0] and "&" not in link
            is_paging = "?" not in link or is_own
            if is_paging and link not in seen:
                seen.add(link)
                waiting.append(link)


def unpacked(path: Path) -> bytes:
    """Return a file's bytes; of a workbook, those of the texts in it."""
    if path.suffix != ".xlsx":
        return path.read_bytes()
    with ZipFile(path) as workbook:
        return b"".join(map(workbook.read, workbook.namelist()))


def leaks(told: Mapping[str, bytes], private: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Return each secret that stands somewhere, with the place.

    What many pages say alike is searched once, line by line, for the beginnings of all secrets at
    the same time: thousands of secrets in thousands of pages are too many to go one by one.
    """
    beginnings: dict[int, dict[str, list[str]]] = {size: {} for size in HEADS}
    for secret in private:
        size = next(size for size in HEADS if len(secret) >= size)
        assert "\n" not in secret
        beginnings[size].setdefault(secret[:size], []).append(secret)
    lines = {
        line: name
        for name, content in told.items()
        for line in content.decode("utf-8", errors="replace").split("\n")
    }
    for line, name in lines.items():
        for size, known in beginnings.items():
            met = known.keys() & {line[at : at + size] for at in range(len(line))}
            found = (secret for head in met for secret in known[head] if secret in line)
            yield from ((secret, name) for secret in found)


def test_a_secret_is_found_wherever_it_stands() -> None:
    private = {"ปลายฟ้าลับ", "ปลายฟ้าลับ นามสกุลลับ", "สี่ตัว", "1999900000013", "0000"}
    told = {
        "/first": "<p>x\n<td>ปลายฟ้าลับ นามสกุลลับ</td>\nabc".encode(),
        "/second": "<p>x\nสี่ตัว".encode(),
        "tile": b"\xff\x0019999000000131",
        "clean": "<p>x\nปลายฟ้าลั นามสกุลลับ 199990000001\n3".encode(),
    }
    assert set(leaks(told, private)) == {
        ("ปลายฟ้าลับ", "/first"),
        ("ปลายฟ้าลับ นามสกุลลับ", "/first"),
        ("สี่ตัว", "/second"),
        ("1999900000013", "tile"),
        ("0000", "tile"),
        ("0000", "clean"),
    }


@pytest.mark.xdist_group("demo")
def test_nothing_private_is_in_any_public_page_or_file(demo: Portal) -> None:
    private = secrets()
    assert len(private) > 1000
    assert build(db.engine, open_place(demo.install)) is not None
    pages = dict(public_pages(demo.app.test_client()))
    assert sum(path.startswith("/requests/RYG-") for path in pages) > 250
    assert sum(path.startswith("/en/log?") for path in pages) > 20
    files = {
        str(path): unpacked(path)
        for folder in (demo.install.folder.path, demo.install.open_data)
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert len(files) > 10
    assert dict(leaks({**pages, **files}, private)) == {}


def test_no_line_of_a_request_is_in_any_public_page_or_file(portal: Portal, made: Maker) -> None:
    reference = made(lambda world: world.approved(answer=LINED).reference)
    portal.install.publish(db.engine)
    pages = dict(public_pages(portal.app.test_client()))
    assert f"/requests/{reference}" in pages
    files = [path for path in portal.install.folder.path.rglob("*") if path.is_file()]
    told = b"".join((*pages.values(), *(path.read_bytes() for path in files)))
    assert str(reference).encode() in told
    assert [words for words in (ITEM, UNIT, LINES[1].item) if words.encode() in told] == []


@pytest.mark.xdist_group("demo")
def test_the_test_would_see_a_leak(demo: Portal) -> None:
    """The guard is tried: signed in, the same search finds the private things."""
    client = demo.app.test_client()
    client.post("/sign-in", data={"username": "malee", "password": "open-to-everyone"})
    page = client.get("/office/requests/1").text
    assert any(secret in page for secret in secrets())
