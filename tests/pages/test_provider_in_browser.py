"""There and back in a real Chromium: our policy lets it pass, over the provider's own hosts too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import expect

from tests.browser import chromium
from tests.browser import live_server
from tests.conftest import PASSWORD
from tests.conftest import Portal
from tests.provider import provider_for
from tests.provider import vouching

pytestmark = pytest.mark.parametrize("portal", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def test_a_browser_goes_there_and_comes_back(
    portal: Portal, browser: Browser, tmp_path: Path
) -> None:
    with vouching() as voucher, live_server(portal.app) as address:
        portal.app.extensions["provider"] = provider_for(voucher, tmp_path, at=address)
        page = browser.new_page()
        told: list[str] = []
        page.on("console", lambda line: told.append(line.text))
        page.goto(f"{address}/en/sign-in")
        page.fill("#username", "malee")
        page.fill("#password", PASSWORD)
        page.click("main button[type=submit]:has-text('Sign in')")
        page.goto(f"{address}/en/factor/identity")
        page.click("text=On to ThaiD")
        # Its sign-in is at another host than the one that we led to.
        page.wait_for_url(f"{voucher.issuer.replace('127.0.0.1', 'localhost')}/login**")
        page.click("text=It is me")
        expect(page.locator("h1")).to_have_text("Sign in with ThaiD")
        expect(page.locator("text=Remove it")).to_have_count(1)
        page.goto(f"{address}/en/office/")
        page.click("text=Sign out")
        page.wait_for_url(f"{address}/en/")
        page.goto(f"{address}/en/sign-in?next=/office/requests")
        page.click("text=Sign in with ThaiD")
        page.click("text=It is me")
        page.wait_for_url(f"{address}/en/office/requests")
        assert [line for line in told if "Content Security Policy" in line] == []
        page.close()
