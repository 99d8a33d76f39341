from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import base64url
from portal.audit.entry import canonical
from portal.audit.entry import commitment
from portal.audit.models import LogEntry
from portal.db import db
from portal.funds.models import Document
from portal.money import Money
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.world import ANSWER
from tests.world import SECRETS
from tests.world import World

FILE = re.compile(r'href="(/office/requests/[0-9]+/documents/[0-9]+\.pdf)"')
LINK = re.compile(
    rb"/URI \((http://127\.0\.0\.1:8000/v#1\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43}))\)"
)
DOCS = (Path(__file__).parents[2] / "docs" / "auditors.md").read_text("utf-8")
NOTE = "ให้ส่งหลักฐานการเข้าเรียนภายในสามสิบวัน"
only_sqlite = pytest.mark.parametrize("portal", ["sqlite"], indirect=True)


def approved(world: World) -> int:
    answer = replace(ANSWER, amount=Money(385_050), reason="จำเป็นต้องมีค่าน้ำดื่มและค่าเดินทาง")
    return world.approved(answer=answer).id


def submitted(world: World) -> tuple[int, int]:
    fund_request = world.submitted()
    return fund_request.id, fund_request.version


def to_decide(world: World) -> tuple[int, int]:
    fund_request = world.to_decide()
    return fund_request.id, fund_request.version


def made_sheet(client: Visitor, portal: Portal, request_id: int) -> tuple[str, bytes]:
    """Press the button, let a worker make the paper, and fetch what the page shows."""
    answer = client.post(f"/office/requests/{request_id}/documents/decision")
    assert answer.status_code == 303
    portal.print_papers()
    made = client.get(answer.location).text
    assert f'href="/office/requests/{request_id}#papers"' in made
    found = FILE.search(client.get(f"/office/requests/{request_id}").text)
    assert found is not None
    return found[1], client.get(found[1]).data


def one_bit_off(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def text(content: bytes, tmp_path: Path) -> str:
    path = tmp_path / "paper.pdf"
    path.write_bytes(content)
    told = subprocess.run(["pdftotext", "-raw", path, "-"], check=True, capture_output=True)  # noqa: S603, S607 - poppler's, on our own file
    return told.stdout.decode()


def test_an_officer_makes_the_sheet_and_anybody_who_holds_it_can_check_it(
    client: Visitor, made: Maker, portal: Portal, tmp_path: Path
) -> None:
    request_id = made(approved)
    client.sign_in("malee")
    assert "decision" in client.get(f"/en/office/requests/{request_id}").text
    _, content = made_sheet(client, portal, request_id)
    told = text(content, tmp_path)
    for line in (
        "มูลนิธิส่งเสริมการศึกษาจังหวัดระยอง (ข้อมูลสาธิต)",
        "มติคณะอนุกรรมการ",
        "คณะอนุกรรมการกองทุนเพื่อลดความเหลื่อมล้ำเพื่อสร้างพื้นที่แห่งฝัน",
        "วันที่ 20 พฤศจิกายน พ.ศ. 2569",
        "อ้างถึง ใบขอเบิกเงิน เลขที่ RYG-2570-000001 ลงวันที่ 19 พฤศจิกายน พ.ศ. 2569",
        f"ผู้รับประโยชน์ นางสาว{SECRETS[0]} {SECRETS[1]}",
        "เหตุผลความจำเป็น จำเป็นต้องมีค่าน้ำดื่มและค่าเดินทาง",
        "จำนวนเงินที่ขอ 3,850.50 บาท (สามพันแปดร้อยห้าสิบบาทห้าสิบสตางค์)",
        "คณะอนุกรรมการพิจารณาแล้ว มีมติ อนุมัติ ให้เบิกจ่ายเงิน จำนวน 3,850.50 บาท",
        "ข้อสังเกตหรือเงื่อนไข: ไม่มี",
        "ประธานอนุกรรมการ",
        "เวลา 12.00 น.",
        "ตรวจสอบเอกสารนี้",
    ):
        assert line in told
    # What the paper does not need does not stand on it.
    assert SECRETS[2] not in told
    assert SECRETS[3] not in told
    # From the link on the paper to the commitment in the log, and not from another byte.
    link = LINK.search(content)
    assert link is not None
    assert link[1].decode() in told
    with Session(db.engine) as session:
        document = session.scalars(select(Document)).one()
        body = session.scalars(select(LogEntry.body).where(LogEntry.eid == document.log_eid)).one()
    sealed = json.loads(body)["prv"]["doc"]
    for held, is_right in ((content, True), (one_bit_off(content), False)):
        digest = hashlib.sha256(held).hexdigest()
        disclosure = base64url(canonical([link[3].decode(), "document.issued.doc", digest]))
        assert (commitment(disclosure) == sealed) is is_right
    # And by the few lines that docs/auditors.md gives to everybody.
    [script] = re.findall(
        r"^import base64, hashlib, json, re, sys, uuid\n.*?(?=^```)", DOCS, re.MULTILINE | re.DOTALL
    )
    (tmp_path / "paper.pdf").write_bytes(content)
    run = [sys.executable, "-c", script, tmp_path / "paper.pdf"]
    told = subprocess.run(run, check=True, capture_output=True).stdout.decode()  # noqa: S603 - our own
    assert told.split() == [document.log_eid, sealed]


@only_sqlite
def test_the_paper_is_in_thai_whatever_the_language_of_the_page(
    client: Visitor, made: Maker, portal: Portal, tmp_path: Path
) -> None:
    request_id = made(approved)
    client.sign_in("malee")
    answer = client.post(f"/en/office/requests/{request_id}/documents/decision")
    assert str(answer.location).startswith("/en/office/jobs/")
    page = client.get(answer.location).text
    assert "Look again" in page
    assert "The paper is being made." in page
    assert portal.print_papers() == 1
    page = client.get(answer.location).text
    assert "Look again" not in page
    assert "The paper is made." in page
    found = re.search(r'href="/en(/office/requests/[0-9]+/documents/[0-9]+\.pdf)"', page)
    assert found is not None
    told = text(client.get(found[1]).data, tmp_path)
    assert "ประธานอนุกรรมการ" in told
    assert "(เจ้าหน้าที่)" in told
    assert "chair" not in told


@only_sqlite
def test_a_refusal_says_why(client: Visitor, made: Maker, portal: Portal, tmp_path: Path) -> None:
    request_id, version = made(to_decide)
    client.sign_in("chair5")
    decision = {"action": "reject", "reason": "papers", "note": NOTE, "seen_version": str(version)}
    client.post(f"/office/requests/{request_id}/decide", data=decision)
    told = text(made_sheet(client, portal, request_id)[1], tmp_path)
    for words in (
        "มีมติ ไม่อนุมัติ คำขอตามข้อ 1 เนื่องจากเอกสารประกอบไม่ถูกต้อง",
        f"ข้อสังเกตหรือเงื่อนไขของประธานอนุกรรมการ: {NOTE}",
    ):
        # Where a line ends, words may stand apart.
        assert "".join(words.split()) in "".join(told.split())
    assert "ให้เบิกจ่ายเงิน" not in told


def test_a_second_click_gives_the_same_paper(client: Visitor, made: Maker, portal: Portal) -> None:
    request_id = made(approved)
    client.sign_in("malee")
    first = made_sheet(client, portal, request_id)
    assert made_sheet(client, portal, request_id) == first
    with Session(db.engine) as session:
        assert len(session.scalars(select(Document)).all()) == 1


@only_sqlite
def test_the_file_is_named_after_the_reference_and_kept_nowhere(
    client: Visitor, made: Maker, portal: Portal
) -> None:
    request_id = made(approved)
    client.sign_in("malee")
    url, _ = made_sheet(client, portal, request_id)
    answer = client.get(url)
    assert answer.mimetype == "application/pdf"
    disposition = "attachment; filename=RYG-2570-000001-decision-1.pdf"
    assert answer.headers["Content-Disposition"] == disposition
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers


@only_sqlite
def test_only_who_may_see_the_request_gets_its_papers(
    client: Visitor, made: Maker, portal: Portal
) -> None:
    request_id = made(approved)
    client.sign_in("malee")
    url, content = made_sheet(client, portal, request_id)
    for username, status in (
        ("chair5", 200),
        ("driving", 200),
        ("anong", 200),
        ("wipa", 200),
        ("chair2", 404),
        ("finder1", 404),
        ("admin", 404),
    ):
        answer = Visitor(portal.app, portal.app.response_class).sign_in(username).get(url)
        assert (username, answer.status_code) == (username, status)
        assert (answer.data == content) is (status == 200)
    stranger = portal.app.test_client().get(url)
    assert (stranger.status_code, b"%PDF" in stranger.data) == (302, False)
    # Another request's paper is not given out under this one's address.
    assert client.get(url.replace(f"/{request_id}/", "/999/")).status_code == 404
    assert client.get(re.sub(r"[0-9]+\.pdf", "999.pdf", url)).status_code == 404


@only_sqlite
@pytest.mark.parametrize(("username", "status"), [("wipa", 403), ("chair2", 404), ("finder1", 404)])
def test_who_may_not_issue_it_sees_no_button_and_is_refused(
    client: Visitor, made: Maker, username: str, status: int
) -> None:
    request_id = made(approved)
    client.sign_in(username)
    assert "documents/decision" not in client.get(f"/office/requests/{request_id}").text
    answer = client.post(f"/office/requests/{request_id}/documents/decision")
    assert answer.status_code == status


@only_sqlite
def test_there_is_no_sheet_before_the_decision_and_no_other_paper(
    client: Visitor, made: Maker
) -> None:
    request_id = made(lambda world: world.submitted().id)
    client.sign_in("malee")
    assert "documents/decision" not in client.get(f"/office/requests/{request_id}").text
    answer = client.post(f"/en/office/requests/{request_id}/documents/decision")
    assert answer.status_code == 409
    assert "“Decision sheet” cannot be made: the request is Waiting for decision now" in answer.text
    assert client.post(f"/office/requests/{request_id}/documents/banknote").status_code == 404
    assert client.get(f"/office/requests/{request_id}/documents/decision").status_code == 405


@only_sqlite
def test_a_paper_that_was_changed_on_disk_is_not_given_out(
    client: Visitor, made: Maker, portal: Portal
) -> None:
    request_id = made(approved)
    client.sign_in("malee")
    url, content = made_sheet(client, portal, request_id)
    [kept] = portal.install.archive.path.rglob("*.pdf")
    kept.write_bytes(content.replace(b"%PDF-1.7", b"%PDF-1.6"))
    answer = client.get(url.replace("/office", "/en/office"))
    assert answer.status_code == 404
    assert "no longer has this paper as it was issued" in answer.text


@only_sqlite
def test_the_public_sees_that_a_paper_was_issued_and_not_what_it_says(
    client: Visitor, made: Maker, portal: Portal
) -> None:
    request_id = made(approved)
    client.sign_in("chair5")
    made_sheet(client, portal, request_id)
    portal.install.publish(db.engine)
    visitor = portal.app.test_client()
    page = visitor.get("/en/requests/RYG-2570-000001").text
    assert "Paper issued" in page
    assert "Decision sheet, no. 1" in page
    # The one who issued it has no number: people are those who asked, decided and paid.
    assert re.findall(r"person [0-9]", page) == ["person 1", "person 2", "person 2"]
    with Session(db.engine) as session:
        digest = session.scalars(select(Document.digest)).one()
    for path in ("/requests/RYG-2570-000001", "/log", "/en/log", "/"):
        told = visitor.get(path).text
        assert [secret for secret in (*SECRETS, digest) if secret in told] == []
    for name in (digest, f"{digest}.pdf"):
        for folder in (
            "papers",
            "log/../papers",
            "static/../../instance/papers",
            "log/tile/../../papers",
        ):
            answer = visitor.get(f"/{folder}/{digest[:2]}/{name}")
            assert (answer.status_code, b"%PDF" in answer.data) == (404, False)
