"""Passkeys in a real Chromium, with a device of its own that verifies its owner."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import CDPSession
from playwright.sync_api import Page
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import db
from portal.payments.models import Payment
from portal.payments.rules import PaymentState
from portal.people.factor_models import PersonPasskey
from tests.browser import chromium
from tests.browser import live_server
from tests.conftest import PASSWORD
from tests.conftest import Maker
from tests.conftest import Portal

DEVICE = {
    "protocol": "ctap2",
    "ctap2Version": "ctap2_1",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@dataclass(frozen=True, slots=True)
class Desk:
    """A page, and the device that lies beside it."""

    page: Page
    address: str
    device: CDPSession
    device_id: str

    def go(self, path: str) -> None:
        self.page.goto(self.address + path)

    def sign_in(self, username: str) -> None:
        self.go("/en/sign-in")
        self.page.fill("#username", username)
        self.page.fill("#password", PASSWORD)
        self.page.click("main button[type=submit]")
        expect(self.page.locator("h1")).not_to_have_text("Sign in")

    def sign_out(self) -> None:
        self.go("/en/office/")
        self.page.click("text=Sign out")
        self.page.wait_for_url(f"{self.address}/en/")

    def add_passkey(self, name: str) -> None:
        self.go("/en/factor/passkeys/new")
        expect(self.page.locator("text=This browser makes no passkeys.")).to_have_count(0)
        self.page.fill("#name", name)
        self.page.click("text=Make the passkey")
        expect(self.page.locator("h1")).not_to_have_text("Add a passkey")

    def shows(self, heading: str) -> None:
        expect(self.page.locator("h1")).to_have_text(heading)

    def verifies(self, *, is_owner: bool) -> None:
        """Let the device know its owner's finger, or not."""
        asked = {"authenticatorId": self.device_id, "isUserVerified": is_owner}
        self.device.send("WebAuthn.setUserVerified", asked)


@contextmanager
def desk_at(portal: Portal, browser: Browser) -> Iterator[Desk]:
    with live_server(portal.app) as served:
        # Browsers make no passkeys for an address of numbers.
        address = served.replace("127.0.0.1", "localhost")
        portal.install.settings = replace(portal.install.settings, base_url=address)
        context = browser.new_context()
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda told: complaints.append(f"{told.type}: {told.text}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        device = context.new_cdp_session(page)
        device.send("WebAuthn.enable")
        added = device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        try:
            yield Desk(page, address, device, added["authenticatorId"])
        finally:
            context.close()
        assert [told for told in complaints if "Content Security Policy" in told] == []


@pytest.fixture
def desk(portal: Portal, browser: Browser) -> Iterator[Desk]:
    with desk_at(portal, browser) as desk:
        yield desk


def kept() -> list[tuple[str, int]]:
    with Session(db.engine) as session:
        rows = session.scalars(select(PersonPasskey).order_by(PersonPasskey.id))
        return [(row.name, row.sign_count) for row in rows]


def test_a_passkey_is_made_asked_for_and_signs_in_alone(desk: Desk) -> None:
    page = desk.page
    desk.sign_in("anong")
    desk.add_passkey("This computer")
    desk.shows("Recovery codes")
    page.click("text=Make ten codes")
    expect(page.locator(".recovery-codes li")).to_have_count(10)
    page.click("text=I have kept them")
    expect(page.locator("main table")).to_contain_text("This computer")
    desk.sign_out()
    desk.sign_in("anong")
    desk.shows("Second step")
    page.click("text=Use a passkey instead")
    page.wait_for_url("**/treasury/")
    desk.sign_out()
    desk.go("/en/sign-in")
    page.click("text=Sign in with a passkey")
    page.wait_for_url("**/treasury/")
    [(name, count)] = kept()
    assert (name, count) == ("This computer", 3)


def test_a_device_that_does_not_know_its_owner_opens_nothing(desk: Desk) -> None:
    page = desk.page
    desk.sign_in("anong")
    desk.add_passkey("This computer")
    desk.sign_out()
    desk.verifies(is_owner=False)
    desk.sign_in("anong")
    page.click("text=Use a passkey instead")
    page.wait_for_selector("text=The device answered with no passkey")
    desk.shows("Second step")
    desk.go("/en/office/")
    assert "/sign-in" in page.url


def test_the_same_device_makes_no_second_passkey(desk: Desk) -> None:
    desk.sign_in("anong")
    desk.add_passkey("This computer")
    desk.go("/en/factor/passkeys/new")
    desk.page.fill("#name", "Again")
    desk.page.click("text=Make the passkey")
    desk.page.wait_for_selector("text=The device answered with no passkey")
    assert [name for name, _count in kept()] == ["This computer"]


def test_money_is_released_with_a_passkey(desk: Desk, made: Maker) -> None:
    payment_id = made(lambda world: world.prepared().id)
    desk.sign_in("prasit")
    desk.add_passkey("This computer")
    desk.go(f"/en/treasury/payments/{payment_id}")
    desk.page.click("text=Use a passkey instead")
    desk.page.wait_for_selector("text=Note as sent")
    with Session(db.engine) as session:
        assert session.get_one(Payment, payment_id).state is PaymentState.RELEASED


def test_without_a_script_a_code_does_the_same(portal: Portal, browser: Browser) -> None:
    with live_server(portal.app) as served:
        address = served.replace("127.0.0.1", "localhost")
        portal.install.settings = replace(portal.install.settings, base_url=address)
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(f"{address}/en/sign-in")
        assert not page.is_visible("text=Sign in with a passkey")
        page.fill("#username", "anong")
        page.fill("#password", PASSWORD)
        page.click("main button[type=submit]")
        expect(page.locator("h1")).not_to_have_text("Sign in")
        page.goto(f"{address}/en/factor/passkeys/new")
        assert page.is_visible("text=This browser makes no passkeys.")
        assert not page.is_visible("text=Make the passkey")
        context.close()
