"""The page that checks documents and proofs, in a real Chromium."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import BrowserContext
from playwright.sync_api import Page

from portal.audit.proof import Proof
from portal.audit.proving import prove
from portal.audit.witnessing import heads
from portal.db import db
from tests.browser import chromium
from tests.browser import is_too_wide
from tests.browser import live_server
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.damages import damages
from tests.outsiders import Outsider
from tests.outsiders import ask_them
from tests.outsiders import outsider
from tests.verifier_page import choose
from tests.verifier_page import file
from tests.verifier_page import follow
from tests.verifier_page import serve
from tests.verifier_page import verdict
from tests.verifier_page import with_policy
from tests.witnesses import LOG
from tests.witnesses import issue
from tests.witnesses import prove_among
from tests.witnesses import two_of_three
from tests.witnesses import witnessed
from tests.world import NOON

# The page asks the database for nothing but the place of an entry: one engine is enough.
pytestmark = pytest.mark.parametrize("portal", ["sqlite"], indirect=True)
PHONE = {"width": 360, "height": 740}
PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n" + bytes(range(256)) * 8
NO_ED25519 = """
const original = SubtleCrypto.prototype.importKey;
SubtleCrypto.prototype.importKey = function (format, key, algorithm, ...rest) {
  if ((algorithm.name ?? algorithm) === "Ed25519") {
    return Promise.reject(new DOMException("Unrecognized name.", "NotSupportedError"));
  }
  return original.call(this, format, key, algorithm, ...rest);
};
"""
SAYS_YES_TO_ALL = "SubtleCrypto.prototype.verify = async () => true;"
NO_CRYPTO = "Object.defineProperty(Crypto.prototype, 'subtle', { get: () => undefined });"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def address(portal: Portal) -> Iterator[str]:
    with live_server(portal.app) as address:
        yield address


@pytest.fixture
def context(browser: Browser, address: str) -> Iterator[BrowserContext]:  # noqa: ARG001 - closed before it
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]  # a size
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A phone; whatever the browser complains about fails the test."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []


def portal_proof(portal: Portal, index: int = 3) -> Proof:
    folder = portal.install.folder
    return prove(folder, index, heads(folder).best_note(index))


def test_a_witnessed_proof_is_verified_and_names_who_and_when(
    portal: Portal, page: Page, address: str
) -> None:
    key = portal.install.signer.vkey
    serve(page, key, two_of_three(key))
    page.goto(f"{address}/v")
    assert verdict(page) == "start"
    proof = witnessed(portal_proof(portal), "donor", "university")
    assert choose(page, file("some.tlog-proof", proof)) == "witnessed"
    assert not is_too_wide(page)
    witnesses = page.locator("#witnesses").inner_text()
    assert "donor" in witnesses
    assert "22\u00a0พ.ย.\u00a02569\u00a013:05" in witnesses
    page.click("#language")
    witnesses = page.locator("#witnesses").inner_text()
    assert "22\u00a0Nov\u00a02026\u00a013:05" in witnesses
    assert re.search(r"Not signed yet\s+audit-firm", witnesses)
    assert page.title() == "Check a document or an entry"
    assert "Verified and witnessed" in page.locator("#verdict").inner_text()


def test_too_few_witnesses_are_no_full_yes(portal: Portal, page: Page, address: str) -> None:
    key = portal.install.signer.vkey
    serve(page, key, two_of_three(key))
    page.goto(f"{address}/en/v")
    proof = witnessed(portal_proof(portal), "donor")
    assert choose(page, file("some.tlog-proof", proof)) == "unwitnessed"
    assert "Verified and witnessed" not in page.locator("main").inner_text()


def test_an_entry_of_the_portal_is_published_but_not_witnessed(
    portal: Portal, page: Page, address: str
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    eid = json.loads(portal_proof(portal, 30).body)["eid"]
    page.goto(f"{address}/en/v#{eid}")
    assert verdict(page) == "published"
    assert page.locator("#steps li").count() == 7
    assert "no outside witness" in page.locator("#verdict").inner_text()
    assert {url for url in asked if not url.startswith("data:")} == {
        f"{address}/en/v",
        f"{address}/en/proof/{eid}.tlog-proof",
    }
    # The proof it was told by can be kept, and verifies again.
    with page.expect_download() as kept:
        page.click("#keep-proof")
    assert Path(kept.value.path()).read_text() == str(portal_proof(portal, 30))


@pytest.fixture
def witnesses(portal: Portal) -> Iterator[Sequence[Outsider]]:
    """Two outsiders, who must both cosign."""
    key = portal.install.signer.vkey
    with outsider("audit-firm.example", key) as first, outsider("donor.example", key) as second:
        ask_them(portal, {"audit-firm": first, "donor": second})
        yield first, second


@pytest.mark.usefixtures("witnesses")
def test_a_decision_sheet_verifies_and_with_one_changed_byte_it_does_not(
    portal: Portal,
    made: Maker,
    page: Page,
    address: str,
    client: Visitor,
) -> None:
    request_id = made(lambda world: world.approved().id)
    client.sign_in("malee")
    client.post(f"/office/requests/{request_id}/documents/decision")
    portal.print_papers()
    found = re.search(
        r"/office/requests/\d+/documents/[^\"]+\.pdf",
        client.get(f"/office/requests/{request_id}").text,
    )
    assert found is not None
    sheet = client.get(found[0]).data
    assert sheet.startswith(b"%PDF")
    portal.install.cycle(db.engine, at=NOON)
    page.goto(f"{address}/en/v")
    assert choose(page, file("decision.pdf", sheet)) == "witnessed"
    for name in ("audit-firm", "donor"):
        assert name in page.locator("#witnesses").inner_text()
    for at in (10, len(sheet) // 2, len(sheet) - 3):
        changed = bytearray(sheet)
        changed[at] ^= 1
        assert choose(page, file("decision.pdf", bytes(changed))) == "invalid document"


@dataclass(frozen=True, slots=True)
class Paper:
    """A document, its link, and the witnessed proof of its entry among others."""

    file: bytes
    fragment: str
    proof: Proof


@pytest.fixture
def paper(page: Page) -> Paper:
    """A document of a log with witnesses, whose page and proofs are served."""
    document = issue(PDF)
    bodies = [issue(PDF).sealed.body for _ in range(6)]
    proof = prove_among([*bodies, document.sealed.body], 6)
    proof = witnessed(proof, "audit-firm", "donor")
    serve(page, LOG, two_of_three(LOG), proof)
    return Paper(document.file, document.fragment, proof)


def test_a_document_is_checked_by_the_link_of_its_qr(
    page: Page, address: str, paper: Paper
) -> None:
    page.goto(f"{address}/en/v#{paper.fragment}")
    assert verdict(page) == "paper"
    assert "Verified" not in page.locator("#verdict").inner_text()
    assert "1,500.50 baht" in page.locator("#facts").inner_text()
    assert not is_too_wide(page)
    for at in (0, 100, len(paper.file) - 1):
        changed = bytearray(paper.file)
        changed[at] ^= 1
        assert choose(page, file("receipt.pdf", bytes(changed))) == "invalid document"
        assert page.locator("#facts").inner_text() == ""
    assert choose(page, file("receipt.pdf", paper.file)) == "witnessed"
    assert "byte for byte" in page.locator("#verdict").inner_text()
    assert hashlib.sha256(paper.file).hexdigest() in page.locator("#facts").inner_text()


def test_a_document_brings_its_own_link(page: Page, address: str, paper: Paper) -> None:
    page.goto(f"{address}/v")
    assert choose(page, file("receipt.pdf", paper.file)) == "witnessed"
    other = issue(PDF)
    assert choose(page, file("other.pdf", other.file)) == "invalid link"
    assert choose(page, file("no link.pdf", PDF)) == "unchecked link"
    both = paper.file + other.fragment.join(["/v#", "\n"]).encode()
    assert choose(page, file("two links.pdf", both)) == "unchecked one_link"
    # One changed letter in the link is another entry or another salt.
    assert follow(page, f"https://fund.example/v#{paper.fragment[:-2]}AA") == "invalid document"
    choose(page, file("receipt.pdf", paper.file))
    assert follow(page, f"https://fund.example/v#{paper.fragment}") == "witnessed"
    assert follow(page, "https://fund.example/v#1.abc") == "unchecked good_link"
    page.click("#again")
    assert verdict(page) == "start"


def test_a_link_without_a_proof_is_not_checked(
    context: BrowserContext, address: str, paper: Paper
) -> None:
    # The browser itself complains of an answer that is not there.
    page = context.new_page()
    serve(page, LOG, two_of_three(LOG))
    page.goto(f"{address}/v#{paper.fragment}")
    assert verdict(page) == "unchecked published"
    assert choose(page, file("a.tlog-proof", paper.proof), file("b.tlog-proof", b"")) == (
        "unchecked pair"
    )
    assert choose(page, file("a.tlog-proof", paper.proof)) == "paper"


def test_a_damaged_proof_is_not_valid(page: Page, address: str, paper: Paper) -> None:
    page.goto(f"{address}/en/v")
    for name, raw in damages(paper.proof):
        assert choose(page, file("some.tlog-proof", raw)).split()[0] == "invalid", name
        assert page.locator("#facts").inner_text() == ""
        assert page.locator("#steps").get_by_text("Failed", exact=True).count() == 1


@pytest.mark.parametrize("how", ["downloaded", "saved after a verdict"])
def test_a_saved_copy_needs_no_network(
    context: BrowserContext, page: Page, address: str, paper: Paper, tmp_path: Path, how: str
) -> None:
    page.goto(f"{address}/en/v")
    copy = tmp_path / "copy.html"
    if how == "downloaded":
        with page.expect_download() as download:
            page.get_by_role("link", name="Download this page").click()
        # A download goes past the routes of the test.
        own = Path(download.value.path()).read_text("utf-8")
        copy.write_text(with_policy(own, LOG, two_of_three(LOG)), "utf-8")
    else:
        choose(page, file("receipt.pdf", paper.file))
        copy.write_text(page.content(), "utf-8")
    context.set_offline(True)
    page.goto(copy.as_uri())
    assert verdict(page) == "start"
    assert page.locator("#facts").inner_text() == ""
    assert choose(page, file("receipt.pdf", paper.file)) == "unchecked proof"
    assert choose(page, file("some.tlog-proof", paper.proof)) == "witnessed"
    assert "byte for byte" in page.locator("#verdict").inner_text()
    page.click("#language")
    assert "พ.ย.\u00a02569" in page.locator("#witnesses").inner_text()
    damaged = str(paper.proof).replace("index 6", "index 5")
    assert choose(page, file("some.tlog-proof", damaged)) == "invalid place"


@pytest.mark.parametrize("script", [NO_ED25519, SAYS_YES_TO_ALL, NO_CRYPTO])
def test_a_browser_that_cannot_check_says_so(
    page: Page, address: str, paper: Paper, script: str
) -> None:
    page.add_init_script(script)
    page.goto(f"{address}/en/v#{paper.fragment}")
    assert verdict(page) == "unchecked browser"
    assert choose(page, file("some.tlog-proof", paper.proof)) == "unchecked browser"
    told = page.locator("main").inner_text()
    assert "fundlog-verify" in page.locator("#verdict").inner_text()
    assert "Verified" not in told


def test_a_fault_of_the_page_is_no_verdict(
    context: BrowserContext, address: str, paper: Paper
) -> None:
    page = context.new_page()
    serve(page, LOG, two_of_three(LOG), paper.proof)
    page.add_init_script("Date.parse = () => { throw new Error('a fault'); };")
    page.goto(f"{address}/v#{paper.fragment}")
    assert verdict(page) == "unchecked fault"
    page.unroute_all()
    serve(page, LOG, "log nonsense\nquorum none\n", paper.proof)
    page.reload()
    assert verdict(page) == "unchecked policy"
