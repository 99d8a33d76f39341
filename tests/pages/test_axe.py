"""axe-core finds nothing against WCAG 2.2 AA on any page, for any of the cast, in both languages.

The pages are those of the table in `tests/doors.py`; one that differs from another in words and
numbers alone is looked at once. Thai is looked at on a desk, English on a phone. Colours take most
of the time: they are measured on each page where something stands in a place like none before, by
its elements and what those say to the style sheet; in English, on the first page of each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page
from playwright.sync_api import ViewportSize

from tests.browser import chromium
from tests.browser import live_server
from tests.conftest import Portal
from tests.doors import BEHIND_SIGN_IN
from tests.doors import CAST
from tests.doors import DOORS
from tests.doors import Door
from tests.doors import House
from tests.doors import house

AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
RUN = """([standards, colours]) => axe.run(document, {
    runOnly: {type: 'tag', values: standards}, resultTypes: ['violations'], preload: false,
    rules: {'color-contrast': {enabled: colours}},
}).then(found => found.violations.map(
    broken => `${broken.id}: ${broken.nodes.map(node => node.html.slice(0, 200)).join(' | ')}`
))"""
# Where each element stands: itself and all above it, without words, addresses and values.
PLACES = """() => [...new Set([...document.querySelectorAll('body *')].map(element => {
    const place = [], words = /^(href|src|action|value|id|for|name|title|placeholder|datetime)$/;
    for (let at = element; at; at = at.parentElement) {
        const styled = [...at.attributes].filter(
            each => !words.test(each.name) && !/^(aria-(label|.*by)|data-.*)$/.test(each.name));
        place.push([at.tagName, ...styled.map(each => `${each.name}=${each.value}`)].join(' '));
    }
    return place.join(' < ');
}))]"""
LANGUAGES = {
    "": ViewportSize(width=1280, height=900),
    "/en": ViewportSize(width=360, height=740),
}
_WORDS = re.compile(r"(?<=>)[^<>]*[^<>\s][^<>]*(?=<)")
_VALUES = re.compile(r'((?:href|src|action|value|id|for|aria-label|aria-\w+by|datetime)=")[^"]+')


@pytest.fixture(scope="module")
def doors(shared_portal: Portal) -> Iterator[House]:
    with house(shared_portal) as doors:
        yield doors


@pytest.fixture(scope="module")
def address(doors: House) -> Iterator[str]:
    doors.portal.app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600  # fonts and styles come once
    with live_server(doors.portal.app) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def pages_of(name: str) -> list[Door]:
    """Return the lines worth a look: a refusal is one page wherever it stands.

    What is public is the same for all, whoever is signed in.
    """
    lines = [
        line
        for line in DOORS
        if line.method == "GET" and line.path.startswith(BEHIND_SIGN_IN) != (name == "nobody")
    ]
    first = {line.answers[name]: line for line in reversed(lines)}
    return [line for line in lines if line.answers[name] == "ok" or line in first.values()]


def shape(text: str) -> str:
    """Return what a page shows without its words and addresses: axe judges the rest the same."""
    _frame, _main, shown = text.partition("<main")
    return _VALUES.sub(r"\1x", _WORDS.sub("x", shown))


@contextmanager
def looking(browser: Browser, language: str) -> Iterator[Page]:
    """Open a page in which axe stands, whatever is loaded there."""
    context = browser.new_context(
        viewport=LANGUAGES[language], bypass_csp=True, reduced_motion="reduce"
    )
    context.add_init_script(AXE)
    try:
        yield context.new_page()
    finally:
        context.close()


def broken(page: Page, *, with_colours: bool = True) -> list[str]:
    """Return every rule that the page breaks, with the places."""
    found: list[str] = page.evaluate(RUN, [STANDARDS, with_colours])
    return found


@pytest.mark.parametrize("language", LANGUAGES, ids=["th", "en"])
def test_no_page_shuts_anybody_out(
    doors: House, browser: Browser, address: str, language: str
) -> None:
    seen: set[str] = set()
    places: set[str] = set()
    complaints: dict[str, list[str]] = {}
    with looking(browser, language) as page:
        page.goto(f"{address}/healthz")
        for name in CAST:
            if cookie := doors.cookie(name):
                page.context.add_cookies([{"name": "session", "value": cookie, "url": address}])
            # The frame around the pages is another for each of the cast: their first is looked at.
            for number, (path, text) in enumerate(new_pages(doors, name, language, seen).items()):
                show(page, address + path, text)
                is_new = stands_anew(page, places) if not language else not number
                if found := broken(page, with_colours=is_new):
                    complaints[f"{name} at {path}"] = found
    assert len(seen) > 20
    assert complaints == {}


def new_pages(doors: House, name: str, language: str, seen: set[str]) -> dict[str, str]:
    """Return the pages that nobody before saw like this, by address, and at least the first.

    What was seen is kept in `seen`.
    """
    visitor = doors.visitor(name)
    found = {}
    for line in pages_of(name):
        path = language + doors.address(line)
        with visitor.get(path) as answer:
            if answer.mimetype == "text/html":
                found[path] = answer.get_data(as_text=True)
    first, *_ = found
    new = {}
    for path, text in found.items():
        looks = shape(text)
        if path == first or looks not in seen:
            new[path] = text
        seen.add(looks)
    return new


def show(page: Page, url: str, text: str) -> None:
    """Show a page as it was answered; one with a script is opened, as that wants a fresh window."""
    if "<script" in text:
        page.goto(url)
    else:
        page.set_content(text)


def stands_anew(page: Page, places: set[str]) -> bool:
    """Say whether something stands where nothing in `places` does, and keep it there."""
    found = set(page.evaluate(PLACES))
    is_new = not found <= places
    places |= found
    return is_new


def test_a_place_that_was_not_seen_is_known(browser: Browser) -> None:
    places: set[str] = set()
    with looking(browser, "") as page:
        told = [
            "<p class=a id=x>one",
            "<p class=a id=y>two<p class=a>three",
            "<p class=b>one",
            "<div><p class=a>one</div>",
            "<p class=a aria-current=page>one",
        ]
        answers = []
        for text in told:
            page.set_content(text)
            answers.append(stands_anew(page, places))
    assert answers == [True, False, True, True, True]


def test_axe_is_awake(browser: Browser) -> None:
    """The guard is tried: a picture without words and a faint text are found."""
    context = browser.new_context()
    context.add_init_script(AXE)
    page = context.new_page()
    page.goto(
        "data:text/html,<html lang=en><title>x</title><img src=x><p style='color:%23ccc'>faint"
    )
    assert [rule.partition(":")[0] for rule in broken(page)] == ["color-contrast", "image-alt"]
    context.close()
