"""axe-core finds nothing against WCAG 2.2 AA on any page, for any of the cast, in both languages.

The pages are those of the table in `tests/doors.py`; one that differs from another in words and
numbers alone is looked at once. Thai is looked at on a phone, English at a desk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import BrowserContext
from playwright.sync_api import Page
from playwright.sync_api import ViewportSize

from tests.browser import chromium
from tests.browser import live_server
from tests.conftest import Portal
from tests.doors import CAST
from tests.doors import DOORS
from tests.doors import House
from tests.doors import house

AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
RUN = """standards => axe.run(document, {
    runOnly: {type: 'tag', values: standards}, resultTypes: ['violations'], preload: false,
}).then(found => found.violations.map(
    broken => `${broken.id}: ${broken.nodes.map(node => node.html.slice(0, 200)).join(' | ')}`
))"""
LANGUAGES = {
    "": ViewportSize(width=360, height=740),
    "/en": ViewportSize(width=1280, height=900),
}
_WORDS = re.compile(r"(?<=>)[^<>]*[^<>\s][^<>]*(?=<)")
_VALUES = re.compile(r'((?:href|src|action|value|id|for|aria-label|aria-\w+by|datetime)=")[^"]+')


@pytest.fixture(scope="module")
def doors(shared_portal: Portal) -> Iterator[House]:
    with house(shared_portal) as doors:
        yield doors


@pytest.fixture(scope="module")
def address(doors: House) -> Iterator[str]:
    with live_server(doors.portal.app) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def shape(text: str) -> str:
    """Return a page without its words and addresses: what is left, axe judges the same."""
    return _VALUES.sub(r"\1x", _WORDS.sub("x", text))


def opened(
    browser: Browser, doors: House, name: str, address: str, language: str
) -> BrowserContext:
    """Return the browser of somebody who is signed in; axe stands in every page."""
    context = browser.new_context(
        viewport=LANGUAGES[language], bypass_csp=True, reduced_motion="reduce"
    )
    context.add_init_script(AXE)
    if cookie := doors.cookie(name):
        context.add_cookies([{"name": "session", "value": cookie, "url": address}])
    return context


def broken(page: Page) -> list[str]:
    """Return every rule that the page breaks, with the places."""
    found: list[str] = page.evaluate(RUN, STANDARDS)
    return found


@pytest.mark.parametrize("language", LANGUAGES, ids=["th", "en"])
def test_no_page_shuts_anybody_out(
    doors: House, browser: Browser, address: str, language: str
) -> None:
    seen: set[str] = set()
    complaints: dict[str, list[str]] = {}
    for name in CAST:
        visitor, page = doors.visitor(name), None
        for line in DOORS:
            path = language + doors.address(line)
            if line.method != "GET":
                continue
            with visitor.get(path) as answer:
                is_page = answer.mimetype == "text/html" and answer.status_code != 302
                looks = shape(answer.get_data(as_text=True)) if is_page else ""
            if not is_page or looks in seen:
                continue
            seen.add(looks)
            page = page or opened(browser, doors, name, address, language).new_page()
            page.goto(address + path)
            if found := broken(page):
                complaints[f"{name} at {path}"] = found
        if page:
            page.context.close()
    assert len(seen) > 20
    assert complaints == {}


def test_axe_is_awake(browser: Browser) -> None:
    """The guard is tried: a picture without words and a faint text are found."""
    context = browser.new_context()
    context.add_init_script(AXE)
    page = context.new_page()
    page.goto("data:text/html,<html lang=en><title>x</title><img src=x><p style='color:%23ccc'>x")
    assert [rule.partition(":")[0] for rule in broken(page)] == ["color-contrast", "image-alt"]
    context.close()
