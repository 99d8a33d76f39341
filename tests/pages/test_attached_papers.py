from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.db import db
from portal.funds import office_attachments
from portal.funds.attachments import PaperKind
from portal.funds.models import Attachment
from portal.funds.models import FundRequest
from portal.uploads import clean
from tests import hostile
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.world import FILE_NAME
from tests.world import SECRETS
from tests.world import World

only_sqlite = pytest.mark.parametrize("portal", ["sqlite"], indirect=True)
PICTURE = re.compile(r'<img class="paper-preview" src="([^"]+)"')
LINK = re.compile(r'<a class="paper-link" href="([^"]+)"')


def draft(world: World) -> int:
    return world.draft(by=world.finder).id


def submitted(world: World) -> int:
    return world.submitted().id


def send(
    client: Visitor,
    request_id: int,
    *files: tuple[bytes, str],
    kind: str = "id_card",
    language: str = "",
) -> TestResponse:
    data = {
        "papers-kind": kind,
        "papers-files": [(BytesIO(content), name) for content, name in files],
    }
    return client.post(f"{language}/office/requests/{request_id}/attachments", data=data)


def rows() -> list[Attachment]:
    with Session(db.engine) as session:
        return [*session.scalars(select(Attachment).order_by(Attachment.id))]


def test_a_finder_sends_a_photo_and_sees_it_on_the_request(client: Visitor, made: Maker) -> None:
    request_id = made(draft)
    client.sign_in("finder1")
    page = client.get(f"/en/office/requests/{request_id}").text
    for words in ("Supporting papers", "Certificate of enrolment", "No paper is attached yet"):
        assert words in page
    answer = send(client, request_id, (hostile.phone_jpeg(), FILE_NAME), language="/en")
    assert answer.status_code == 303
    assert answer.location == f"/en/office/requests/{request_id}#supporting-papers"
    page = client.get(f"/en/office/requests/{request_id}").text
    assert "1 paper is attached." in page
    assert "Copy of the id card" in page
    assert FILE_NAME in page
    found = PICTURE.search(page)
    assert found is not None
    picture = client.get(found[1])
    assert picture.mimetype == "image/jpeg"
    assert Image.open(BytesIO(picture.data)).size == (480, 640)
    assert hostile.TELLTALE not in picture.data
    name = f"draft-id_card-{rows()[0].id}.jpg"
    assert picture.headers["Content-Disposition"] == f"inline; filename={name}"


@only_sqlite
def test_a_paper_is_given_out_so_that_it_can_do_nothing(client: Visitor, made: Maker) -> None:
    request_id = made(submitted)
    client.sign_in("malee")
    assert send(client, request_id, (hostile.pdf(), "x.pdf")).status_code == 303
    page = client.get(f"/office/requests/{request_id}").text
    assert PICTURE.search(page) is None
    found = LINK.search(page)
    assert found is not None
    answer = client.get(found[1])
    assert answer.mimetype == "application/pdf"
    name = f"RYG-2570-000001-id_card-{rows()[0].id}.pdf"
    assert answer.headers["Content-Disposition"] == f"attachment; filename={name}"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "ETag" not in answer.headers


@only_sqlite
def test_several_files_at_once_and_what_is_refused_is_told_by_its_name(
    client: Visitor, made: Maker
) -> None:
    request_id = made(draft)
    client.sign_in("finder1")
    answer = send(
        client,
        request_id,
        (hostile.jpeg(), "image.jpg"),
        (hostile.SCRIPT, "../../image.jpg"),
        (hostile.archive(), "ใบเสนอราคา.docx"),
        (hostile.pdf(), "c:\\papers\\" + "ก" * 300 + ".pdf"),
        (hostile.jpeg(), "image.jpg"),
        language="/en",
    )
    assert answer.status_code == 422
    assert "2 papers are attached." in answer.text
    assert "image.jpg: Only photos (JPEG, PNG, WebP) and PDF are taken." in answer.text
    assert "ใบเสนอราคา.docx: This is a document of an office program" in answer.text
    assert "image.jpg: This paper is attached to the request already." in answer.text
    assert "../" not in answer.text
    names = [row.file_name for row in rows()]
    assert names[0] == "image.jpg"
    assert (len(names[1]), names[1].endswith("ก.pdf")) == (120, True)


@only_sqlite
@pytest.mark.parametrize(
    ("kind", "files", "sentence"),
    [
        ("", [(b"x", "x.jpg")], "Choose one."),
        ("banknote", [(b"x", "x.jpg")], "Choose one of the list."),
        ("photo", [], "Choose a file first."),
        ("photo", [(b"", "")], "Choose a file first."),
        ("photo", [(b"x", "x.jpg")] * 11, "At most 10 files at once."),
        ("photo", [(b"", "x.jpg")], "The file is empty."),
    ],
)
def test_what_is_missing_is_said_in_the_form(
    client: Visitor, made: Maker, kind: str, files: list[tuple[bytes, str]], sentence: str
) -> None:
    request_id = made(draft)
    client.sign_in("finder1")
    answer = send(client, request_id, *files, kind=kind, language="/en")
    assert answer.status_code == 422
    assert sentence in answer.text
    assert rows() == []


def send_bytes(client: Visitor, request_id: int, count: int) -> TestResponse:
    """Send one file of so many bytes, which is none."""
    part = b'--b\r\nContent-Disposition: form-data; name="papers-'
    head = part + b'kind"\r\n\r\nphoto\r\n' + part + b'files"; filename="x.jpg"\r\n\r\n'
    return client.post(
        f"/en/office/requests/{request_id}/attachments",
        data=head + b"\0" * count + b"\r\n--b--\r\n",
        content_type="multipart/form-data; boundary=b",
    )


@only_sqlite
def test_more_than_fifty_megabytes_are_answered_with_a_page(client: Visitor, made: Maker) -> None:
    request_id = made(draft)
    client.sign_in("finder1")
    # More than other pages take, and still read.
    for count in (10 * 1024 * 1024 + 1, 50_000_000):
        answer = send_bytes(client, request_id, count)
        assert answer.status_code == 422
        assert "x.jpg: The file is larger than 10 MB." in answer.text
    answer = send_bytes(client, request_id, 55_000_000)
    assert answer.status_code == 413
    assert "What was sent is larger than this page takes." in answer.text
    # Who only looks sends nothing.
    assert client.get(f"/office/requests/{request_id}/attachments").status_code == 200


@only_sqlite
def test_who_is_not_signed_in_sends_no_more_than_elsewhere(client: Visitor, made: Maker) -> None:
    request_id = made(draft)
    assert send_bytes(client, request_id, 20_000_000).status_code == 413
    assert send_bytes(client, request_id, 1_000).status_code == 302


@only_sqlite
def test_a_paper_is_taken_off_with_a_reason(client: Visitor, made: Maker) -> None:
    request_id = made(draft)
    client.sign_in("finder1")
    send(client, request_id, (hostile.jpeg(), FILE_NAME))
    [row] = rows()
    page = f"/en/office/requests/{request_id}"
    url = f"{page}/attachments/{row.id}"
    assert "Take this paper off" in client.get(page).text
    assert client.post(f"{url}/remove", data={"why": "because"}).status_code == 303
    assert rows()[0].removed_at is None
    answer = client.post(f"{url}/remove", data={"why": "unclear"})
    assert answer.location == f"{page}#supporting-papers"
    told = client.get(page).text
    assert "The paper is taken off." in told
    assert "It cannot be read" in told
    assert "Take this paper off" not in told
    # Nobody opens it any more, and its name is told to nobody.
    assert FILE_NAME not in told
    assert client.get(url).status_code == 404
    assert client.post(f"{url}/remove", data={"why": "unclear"}).status_code == 404


def with_a_paper(world: World) -> tuple[int, int]:
    paper = world.attached(world.submitted(), PaperKind.CONSENT)
    return paper.fund_request_id, paper.id


@only_sqlite
def test_only_who_may_see_the_request_opens_its_papers(
    client: Visitor, made: Maker, portal: Portal
) -> None:
    request_id, paper_id = made(with_a_paper)
    url = f"/office/requests/{request_id}/attachments/{paper_id}"
    for username, status in (
        ("malee", 200),
        ("chair5", 200),
        ("driving", 200),
        ("wipa", 200),
        ("anong", 404),
        ("chair2", 404),
        ("finder1", 404),
        ("admin", 404),
    ):
        visitor = Visitor(portal.app, portal.app.response_class).sign_in(username)
        for address in (url, f"/office/requests/{request_id}/attachments"):
            assert (username, visitor.get(address).status_code) == (username, status)
    stranger = portal.app.test_client().get(url)
    assert (stranger.status_code, b"%PDF" in stranger.data) == (302, False)
    client.sign_in("malee")
    assert client.get(f"/office/requests/999/attachments/{paper_id}").status_code == 404
    assert client.get(f"/office/requests/{request_id}/attachments/999").status_code == 404


@only_sqlite
@pytest.mark.parametrize(
    ("username", "status"), [("chair5", 403), ("wipa", 403), ("chair2", 404), ("anong", 404)]
)
def test_who_does_not_ask_sends_nothing(
    client: Visitor, made: Maker, username: str, status: int
) -> None:
    request_id = made(submitted)
    client.sign_in(username)
    assert send(client, request_id, (hostile.jpeg(), "x.jpg")).status_code == status
    assert "papers-files" not in client.get(f"/office/requests/{request_id}").text
    assert rows() == []


@only_sqlite
def test_the_same_paper_elsewhere_is_shown_to_who_compares(
    client: Visitor, made: Maker, portal: Portal
) -> None:
    request_id, _ = made(with_a_paper)
    other, _ = made(with_a_paper)
    words = "Another request has the same paper: Consent form"
    for username, links in (("malee", True), ("chair5", False), ("driving", True)):
        visitor = Visitor(portal.app, portal.app.response_class).sign_in(username)
        page = visitor.get(f"/en/office/requests/{request_id}").text
        assert words in page
        assert "RYG-2570-000002" in page
        section = page.partition('id="supporting-papers"')[2].partition("</section>")[0]
        assert (f"/office/requests/{other}" in section) is links
    client.sign_in("wipa")
    assert words not in client.get(f"/en/office/requests/{request_id}").text


@only_sqlite
def test_the_public_sees_that_a_paper_came_and_what_it_shows_and_nothing_else(
    client: Visitor, made: Maker, portal: Portal
) -> None:
    made(with_a_paper)
    portal.install.publish(db.engine)
    told = client.get("/en/requests/RYG-2570-000001").text
    assert "Supporting paper attached" in told
    assert "Consent form. Only those who work on the request can open it." in told
    [row] = rows()
    for path in ("/requests/RYG-2570-000001", "/log", "/en/log", "/"):
        page = client.get(path).text
        secrets = (*SECRETS, FILE_NAME, row.digest)
        assert [secret for secret in secrets if secret in page] == []
    for file in filter(Path.is_file, portal.install.folder.path.rglob("*")):
        assert row.digest.encode() not in file.read_bytes()
        assert FILE_NAME.encode() not in file.read_bytes()
    for folder in ("attachments", "log/../attachments", "log/tile/../../attachments"):
        assert client.get(f"/{folder}/{row.digest[:2]}/{row.digest}").status_code == 404


@only_sqlite
def test_a_paper_that_was_changed_on_disk_is_not_given_out(
    client: Visitor, made: Maker, portal: Portal
) -> None:
    request_id, paper_id = made(with_a_paper)
    client.sign_in("malee")
    [kept] = [path for path in portal.install.attachments.path.rglob("*") if path.is_file()]
    kept.write_bytes(hostile.SCRIPT)
    answer = client.get(f"/en/office/requests/{request_id}/attachments/{paper_id}")
    assert answer.status_code == 404
    assert "<script>alert" not in answer.text


@only_sqlite
def test_a_request_that_moved_on_meanwhile_takes_no_more(
    client: Visitor, made: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = made(submitted)
    client.sign_in("malee")

    def approves_meanwhile(content: bytes) -> object:
        made(
            lambda world: world.approve(
                world.session.get_one(FundRequest, request_id), world.somchai
            )
        )
        return clean(content)

    monkeypatch.setattr(office_attachments, "clean", approves_meanwhile)
    answer = send(client, request_id, (hostile.jpeg(), "x.jpg"), language="/en")
    assert answer.status_code == 422
    assert "x.jpg: The papers of this request stay as they are" in answer.text
