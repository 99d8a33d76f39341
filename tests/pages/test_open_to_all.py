"""The public pages are for everybody: on a small phone, enlarged, without scripts, on a weak line.

That axe-core finds nothing on them is in `test_axe.py`.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page
from playwright.sync_api import Response
from playwright.sync_api import ViewportSize

from portal.db import db
from tests.browser import chromium
from tests.browser import live_server
from tests.browser import wait_for_letters
from tests.conftest import Maker
from tests.conftest import Portal
from tests.world import World

LANGUAGES = ("", "/en")
# 360 pixels wide, enlarged to 200 %.
ENLARGED = ViewportSize(width=180, height=320)
PAGES = (
    "/",
    "/requests",
    "/requests?q=living&status=paid",
    "/requests?q=nothing",
    "/requests/RYG-2570-000001",
    "/funds",
    "/funds/GEN",
    "/subcommittees",
    "/subcommittees/SC5",
    "/categories",
    "/categories/LIVING",
    "/payments",
    "/payments/RYG-2570-P000001",
    "/donations",
    "/donations/RYG-2570-D000001",
    "/service-times",
    "/places",
    "/charts",
    "/open-data/",
    "/concerns",
    "/concerns/figures",
    "/log",
    "/log/about",
    "/v",
    "/none",
)
# What reaches beyond the screen and cannot be scrolled to in a box of its own.
BEYOND = """() => {
    const wide = document.documentElement.clientWidth + 1;
    const box = node => {
        for (let one = node; one; one = one.parentElement)
            if (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(one).overflowX))
                return true;
        return false;
    };
    const found = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const range = document.createRange();
        range.selectNode(walk.currentNode);
        const node = walk.currentNode.parentElement;
        if (range.getBoundingClientRect().right > wide && !box(node))
            found.push(node.outerHTML.slice(0, 120));
    }
    return found.slice(0, 3);
}"""
# The head, whose words stood one letter to a line.
HEAD = "() => document.querySelector('.site-head')?.offsetHeight > innerHeight"
SCROLLS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
FRONT_BYTES_MAX = 100_000
# What is as small as it gets is not compressed again.
PACKED = (".woff2", ".png", ".jpg")


@pytest.fixture(scope="module")
def address(shared_portal: Portal) -> Iterator[str]:
    Maker(shared_portal)(told)
    shared_portal.install.publish(db.engine)
    db.session.remove()
    with live_server(shared_portal.app) as address:
        yield address


def told(world: World) -> None:
    """A paid request, one that waits, and a project."""
    world.confirmed()
    world.submitted()
    world.submitted_project()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of somebody whose browser runs no script."""
    context = browser.new_context(
        java_script_enabled=False, viewport=ENLARGED, reduced_motion="reduce"
    )
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("arrive", [True, False], ids=["our letters", "theirs"])
@pytest.mark.parametrize("language", LANGUAGES, ids=["th", "en"])
def test_nothing_stands_beyond_a_small_screen_enlarged(
    page: Page, address: str, language: str, *, arrive: bool
) -> None:
    """Our letters may come late or not at all: those of the phone are wider."""
    if not arrive:
        page.route("**/*.woff2", lambda route: route.abort())
    beyond = {}
    for path in PAGES:
        page.goto(address + language + path)
        wait_for_letters(page)
        assert not page.evaluate(HEAD), path
        found: list[str] = page.evaluate(BEYOND)
        if page.evaluate(SCROLLS) > 0:
            beyond[path] = found
    assert beyond == {}


def test_the_search_needs_no_script(page: Page, address: str) -> None:
    page.goto(f"{address}/en/")
    page.get_by_role("link", name="All requests, and where each one stands").click()
    page.get_by_role("searchbox").fill("living")
    page.keyboard.press("Enter")
    page.wait_for_url("**/requests?q=living")
    page.locator("summary", has_text="Where it stands").click()
    page.locator("aside").get_by_role("link", name="Paid").first.click()
    page.wait_for_url("**status=paid**")
    assert page.locator("a.reference").all_inner_texts() == ["RYG-2570-000001"]
    page.locator("a.reference").click()
    assert page.get_by_role("heading", level=1).is_visible()


@pytest.mark.parametrize("language", LANGUAGES, ids=["th", "en"])
def test_the_front_page_is_light_and_asks_no_other_host(
    browser: Browser, address: str, language: str
) -> None:
    """With its styles, letters and images it is under 100 KB over the wire."""
    answers: list[Response] = []
    context = browser.new_context(viewport=ViewportSize(width=1280, height=900))
    page = context.new_page()
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - playwright marks it
    page.goto(f"{address}{language}/", wait_until="networkidle")
    weights = {answer.url: weight(answer) for answer in answers}
    context.close()
    assert {urlsplit(url).netloc for url in weights} == {urlsplit(address).netloc}
    assert any(url.endswith(".woff2") for url in weights)
    assert any(url.endswith(".css") for url in weights)
    assert sum(weights.values()) < FRONT_BYTES_MAX, weights


def weight(answer: Response) -> int:
    body = answer.body()
    return len(body) if answer.url.endswith(PACKED) else len(gzip.compress(body))
