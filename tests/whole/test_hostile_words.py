"""What anybody types stays text: on every page, in every file, paper and letter.

Each of the cast walks through all pages; into every text field they find they type words that mean
harm (`tests/hostile_words.py`), and then everything is read again. A new field is found by itself.
`make test-words` reads more of it, in both languages, and papers and a real browser besides.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from io import StringIO
from urllib.parse import quote
from xml.etree.ElementTree import fromstring

import pypdfium2
import pytest
from jinja2 import ChoiceLoader
from jinja2 import DictLoader
from openpyxl import load_workbook
from playwright.sync_api import Page

from portal.clock import now
from portal.db import db
from portal.letters.postman import PostOffice
from portal.letters.postman import send_letters
from portal.mail import MailServer
from tests.browser import chromium
from tests.browser import live_server
from tests.browser import wait_for_letters
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.doors import CAST
from tests.formulas import runs_in_csv
from tests.hostile_words import BROKEN
from tests.hostile_words import MARK
from tests.hostile_words import WORDS
from tests.hostile_words import WORKED_OUT
from tests.hostile_words import looks
from tests.hostile_words import named
from tests.mailbox import mailbox
from tests.told_words import Told
from tests.told_words import telling
from tests.typing_words import Sent

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
pytestmark = pytest.mark.xdist_group("hostile words")

# Forms without a field, of one who has the password of somebody else, or of a passkey.
NOT_MET = {
    "gate.concerns.close_concern",
    "gate.factor.remove_app",
    "gate.factor.renew_codes",
    "gate.identity.set_out_to_bind",
    "gate.identity.unbind_identity",
    "gate.second.check_second",
    "gate.second.sign_in_by_passkey",
    "office.sessions.end_other_sessions",
    "office.sessions.end_session",
    "office.tables.open_day",
    "treasury.batches.release_batch",
}
# What takes a shape takes no words: amounts, days, numbers, codes, addresses, passwords, files.
SHAPED = re.compile(
    "amount|fee|ceiling|usual|above|quantity|fiscal_year|check|decide|pay|receipt|day|[a-z]+_on|"
    "ratify_within_days|valid_from|account_number|number|national_id|code|eid|named|reference|"
    "username|email|password|old|new|again|papers|workbook|statement|website"
)
# Another form about the same payment was there first; no browser made a passkey to be named.
NO_WORDS = [("gate.factor.add_passkey", "name"), ("treasury.matching.confirm_return", "note")]
# Kept, and on no page that the walk comes to: what a paper was called, and reasons for the log.
NOT_SHOWN = {
    ("gate.concerns.receive_concern", "about"),
    ("office.cases.reply_to_referral", "note"),
    ("office.receipts.file_receipt", "file"),
    ("office.receipts.file_voucher", "file"),
    ("treasury.back.release_rest", "note"),
    ("treasury.matching.set_aside", "what"),
}
HARMLESS_HEADERS = frozenset(
    {
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "auto-submitted",
        "content-type",
        "content-transfer-encoding",
        "mime-version",
    }
)
WATCH = """document.addEventListener('securitypolicyviolation', event =>
    console.error('violated: ' + event.violatedDirective + ' ' + event.blockedURI));"""
# A hyphen at the end of a line is not told of; letters of other scripts are shaped.
NO_SIGN = re.compile(r"[^!-,.-~]")


@pytest.fixture(scope="module")
def told(shared_portal: Portal, request: pytest.FixtureRequest) -> Iterator[Told]:
    with telling(shared_portal, is_thorough=request.config.getoption("thorough")) as told:
        yield told


def test_every_form_was_found(told: Told) -> None:
    rules = told.typist.doors.portal.app.url_map.iter_rules()
    posts = {rule.endpoint for rule in rules if "POST" in (rule.methods or ())}
    assert posts - told.typist.met == NOT_MET


def test_each_field_keeps_words_or_has_a_shape(told: Told) -> None:
    """A new field that takes no words is named above, by what it takes."""
    left = {
        (endpoint, name)
        for endpoint, texts in told.forms
        for name in texts
        if (endpoint, name) not in told.typist.kept
        and not SHAPED.fullmatch(name.rpartition("-")[2])
    }
    assert sorted(left) == NO_WORDS


@pytest.mark.thorough
def test_what_was_kept_was_read_again(told: Told) -> None:
    answers = b"".join(sent.content for sent in told.again)
    asked = b"".join(sent.content for sent in told.typed if "?" not in sent.path)
    unread = {
        field
        for field in told.typist.kept
        if named(told.typist.numbers[field]).encode() not in answers + asked
    }
    assert sorted(unread) == sorted(NOT_SHOWN)


def test_nothing_typed_ends_in_an_error(told: Told) -> None:
    assert [sent.path for sent in (*told.typed, *told.again) if sent.status >= 500] == []


def test_no_word_comes_alive_on_any_page(told: Told) -> None:
    pages = [sent for sent in told.showing if sent.is_page]
    assert len(pages) > 100
    wrong = {}
    for sent in pages:
        page = looks(sent.text)
        if page.alive or page.kinds - told.known or WORKED_OUT in sent.text:
            wrong[sent.path] = page.alive, page.kinds - told.known
    assert wrong == {}


def test_no_word_ends_a_header(told: Told) -> None:
    values = [value for sent in told.showing for _, value in sent.headers]
    assert [value for value in values if re.search(r"[<>\r\n]", value)] == []


def test_no_word_is_run_by_a_spreadsheet(told: Told) -> None:
    lists, books = told.files("text/csv"), told.files(XLSX)
    assert len(lists) > 5
    assert len(books) > 2
    assert any(MARK in sent.text for sent in lists)
    for sent in lists:
        cells = [cell for row in csv.reader(StringIO(sent.text)) for cell in row]
        assert [cell for cell in cells if MARK in cell and runs_in_csv(cell)] == [], sent.path
    for sent in books:
        for sheet in load_workbook(BytesIO(sent.content)):
            formulas = [
                cell.value for row in sheet.iter_rows() for cell in row if cell.data_type == "f"
            ]
            assert formulas == [], sent.path


def test_no_word_breaks_what_programs_read(told: Told) -> None:
    for sent in told.files("application/json"):
        json.loads(sent.text)
    drawings = told.files("image/svg+xml")
    assert len(drawings) > 3
    for sent in drawings:
        fromstring(sent.text)  # noqa: S314 - our own drawing
        assert looks(sent.text).alive == [], sent.path
    for sent in told.files("application/atom+xml"):
        fromstring(sent.text)  # noqa: S314 - our own feed


@pytest.mark.usefixtures("told")
def test_letters_are_plain_text_and_nobody_adds_a_header() -> None:
    with mailbox() as box:
        office = PostOffice(
            MailServer.parse(box.url), "portal@fund.example", "https://fund.example"
        )
        send_letters(db.engine, office, at=now() + timedelta(hours=1))
    assert box.taken
    for letter in box.taken:
        assert letter.get_content_type() == "text/plain"
        assert {name.lower() for name in letter.keys()} <= HARMLESS_HEADERS  # noqa: SIM118 - not a dict
        assert MARK not in str(letter["to"]) + str(letter["from"])


@pytest.mark.thorough
def test_papers_print_words_as_they_were_typed(told: Told) -> None:
    # Papers that the world of the doors only pretends to have are no PDFs.
    ours = [sent for sent in told.files("application/pdf") if b"startxref" in sent.content]
    papers = [text for sent in ours if MARK in (text := _printed(sent))]
    assert len(papers) > 5
    for text in papers:
        for found in re.finditer(rf"{MARK}(\d{{3}})", text):
            said = [_signs(words) for words in told.typist.said[int(found[1])]]
            begun = tuple(words[words.index(found[0]) :][:20] for words in said)
            assert text[found.start() :].startswith(begun)


def _printed(sent: Sent) -> str:
    document = pypdfium2.PdfDocument(sent.content)
    text = "".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return _signs(text)


def _signs(text: str) -> str:
    """Return what is left of a text wherever its lines were broken."""
    return NO_SIGN.sub("", text)


@pytest.mark.thorough
def test_a_real_browser_runs_nothing_and_asks_nobody(told: Told) -> None:
    doors = told.typist.doors
    pages: dict[str | None, Sent] = {}
    for sent in told.again:
        if sent.is_page and MARK in sent.text:
            pages.setdefault(told.typist.endpoint(sent.path, "GET"), sent)
    assert len(pages) > 20
    with chromium() as browser, live_server(doors.portal.app) as address:
        for name in CAST:
            context = browser.new_context()
            context.add_init_script(WATCH)
            if cookie := doors.cookie(name):
                context.add_cookies([{"name": "session", "value": cookie, "url": address}])
            mine = [sent.path for sent in pages.values() if sent.name == name]
            assert [
                found for path in mine for found in _seen(context.new_page(), address, path)
            ] == []
            context.close()


def _seen(page: Page, address: str, path: str) -> list[str]:
    """Return what a page complains of, asks or asks for elsewhere, in a real browser."""
    found: list[str] = []
    page.on("console", lambda said: found.append(f"{path}: {said.text}"))
    page.on("pageerror", lambda error: found.append(f"{path}: {error}"))
    page.on("dialog", lambda dialog: found.append(f"{path}: {dialog.message}"))
    page.on(
        "request",
        lambda asked: (
            found.append(f"{path}: {asked.url}") if not asked.url.startswith(address) else None
        ),
    )
    page.goto(address + path)
    # A page that goes while its letters are still sent leaves the server with an open file.
    wait_for_letters(page)
    page.close()
    return found


def test_broken_letters_are_answered_with_a_whole_page(client: Visitor) -> None:
    """Bytes that are no UTF-8 are shown as such, and never as what they resemble."""
    for broken in BROKEN:
        sent = quote(broken)
        kind = "application/x-www-form-urlencoded"
        answers = [
            client.get(f"/requests?q={sent}"),
            client.get(f"/requests/{sent}"),
            client.post("/sign-in", data=f"username={sent}&password=", content_type=kind),
            client.post("/concerns", data=f"words={sent}&topic={sent}", content_type=kind),
        ]
        for answer in answers:
            assert answer.status_code < 500
            assert looks(answer.data.decode()).alive == []


def test_a_careless_template_would_be_found(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard is tried: a list that takes names for HTML."""
    environment, name = told.typist.doors.portal.app.jinja_env, "office/funds/list_requests.html"
    assert environment.loader is not None
    assert environment.cache is not None
    source, _, _ = environment.loader.get_source(environment, name)
    careless = source.replace("{{ row.whom }}", "{{ row.whom|safe }}")
    assert careless != source
    monkeypatch.setattr(
        environment, "loader", ChoiceLoader([DictLoader({name: careless}), environment.loader])
    )
    environment.cache.clear()
    found = looks(told.typist.asked("officer", "/office/requests").text)
    environment.cache.clear()
    assert found.alive
    assert found.kinds - told.known


@pytest.mark.parametrize("word", [word for word in WORDS if re.match("<[a-z]", word)])
def test_each_word_would_come_alive_unescaped(word: str) -> None:
    page = looks(f"<p>{word}</p>")
    assert page.alive or page.kinds - {("p", "")}, word
