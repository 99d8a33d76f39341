"""The pages people live in, in a real Chromium on a phone of 360 px."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import db
from portal.db import writing
from portal.funds.models import FundRequest
from portal.funds.rules import State
from tests.browser import chromium
from tests.browser import is_too_wide
from tests.browser import live_server
from tests.conftest import PASSWORD
from tests.conftest import Portal
from tests.hostile import phone_jpeg
from tests.world import World

PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def address(portal: Portal) -> Iterator[str]:
    with live_server(portal.app) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:  # noqa: ARG001 - closed before it
    """A phone; whatever the browser complains about fails the test."""
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]  # a size
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def sign_in(page: Page, address: str, username: str, *, language: str = "") -> None:
    page.goto(f"{address}{language}/sign-in")
    page.fill("#username", username)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")


def approved() -> int:
    with Session(db.engine) as session:
        condition = FundRequest.state == State.APPROVED
        return session.scalar(select(func.count()).select_from(FundRequest).where(condition)) or 0


def test_a_chair_approves_three_requests_from_the_list(
    portal: Portal, page: Page, address: str
) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        world = World(session)
        for _ in range(4):
            world.submitted()
    sign_in(page, address, "chair5")
    page.goto(f"{address}/office/decisions")
    assert not is_too_wide(page)
    boxes = page.locator("input[name=pick]")
    assert boxes.count() == 4
    for at in range(3):
        box = boxes.nth(at).bounding_box()
        assert box is not None
        boxes.nth(at).check()
    page.locator("input[name=is_unrelated]").check()
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_load_state()
    assert not is_too_wide(page)
    assert approved() == 3


def test_a_chair_decides_on_the_one_page(portal: Portal, page: Page, address: str) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        request_id = World(session).submitted().id
    sign_in(page, address, "chair5", language="/en")
    page.goto(f"{address}/en/office/requests/{request_id}")
    assert not is_too_wide(page)
    page.get_by_label("No, I am not related", exact=False).check()
    page.get_by_role("button", name="Declare it").click()
    page.wait_for_load_state()
    assert not is_too_wide(page)
    page.get_by_label("Approve", exact=False).first.check()
    page.get_by_role("button", name="Record").or_(
        page.locator("form[action*=decide] button[type=submit]")
    ).first.click()
    page.wait_for_load_state()
    assert approved() == 1


def test_public_pages_fit_a_phone_in_both_languages(
    portal: Portal, page: Page, address: str
) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        World(session).confirmed()
    portal.install.publish(db.engine)
    for language in ("", "/en"):
        for path in ("/", "/requests", "/requests/RYG-2570-000001", "/log", "/sign-in"):
            response = page.goto(f"{address}{language}{path}")
            assert response is not None
            assert (response.status, is_too_wide(page)) == (200, False)
            assert page.locator("h1").count() == 1


def test_nothing_is_asked_of_another_host(portal: Portal, page: Page, address: str) -> None:
    portal.install.publish(db.engine)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/")
    assert asked
    assert [url for url in asked if not url.startswith(address)] == []


def test_a_finder_attaches_a_photo_with_a_phone(portal: Portal, page: Page, address: str) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        world = World(session)
        request_id = world.draft(by=world.finder).id
    sign_in(page, address, "finder1")
    page.goto(f"{address}/office/requests/{request_id}")
    page.get_by_label("ชนิดของเอกสาร").select_option("account_page")
    photo: Any = {"name": "สมุดบัญชี.jpg", "mimeType": "image/jpeg", "buffer": phone_jpeg()}
    page.get_by_label("ภาพถ่ายหรือ PDF").set_input_files([photo])
    page.locator("form[action$=attachments] button").click()
    page.wait_for_load_state()
    preview = page.locator("img.paper-preview")
    preview.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('img.paper-preview').naturalWidth === 480")
    assert not is_too_wide(page)
    page.get_by_text("ถอนเอกสารนี้", exact=True).click()
    page.get_by_role("button", name="ยืนยันการถอนเอกสาร").click()
    page.wait_for_load_state()
    assert page.get_by_text("ถอนออกแล้ว", exact=True).count() == 1
    assert preview.count() == 0
