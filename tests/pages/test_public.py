from __future__ import annotations

import base64
import re
from collections.abc import Callable
from html import unescape

import pytest

from config import read_settings
from portal.app import create_app
from portal.cli import upgrade_quietly
from portal.db import db
from portal.publishing.figures import figures
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.world import SECRETS
from tests.world import World


@pytest.fixture
def published(portal: Portal, made: Maker) -> Callable[[Callable[[World], object]], None]:
    """Let the cast do something and publish it."""

    def publish(act: Callable[[World], object]) -> None:
        made(act)
        portal.install.publish(db.engine)
        db.session.remove()

    return publish


def test_the_front_page_tells_the_money(client: Visitor, published: Callable[..., None]) -> None:
    published(lambda world: world.confirmed())
    published(lambda world: world.approved())
    for language in ("", "/en"):
        page = client.get(f"{language}/")
        assert page.status_code == 200
        for figure in ("5,546,450", "1,500", "5,543,450"):
            assert figure in page.text
        assert "<svg" in page.text


def test_a_request_has_a_public_page(client: Visitor, published: Callable[..., None]) -> None:
    published(lambda world: world.confirmed())
    page = client.get("/en/requests/RYG-2570-000001")
    for told in ("Submitted", "Approved", "Payment prepared", "Confirmed by the bank"):
        assert told in page.text
    assert [secret for secret in SECRETS if secret in page.text] == []
    assert client.get("/en/requests/RYG-2570-000009").status_code == 404


def test_a_project_shows_its_tambon_and_a_youth_no_place(
    client: Visitor, published: Callable[..., None]
) -> None:
    published(lambda world: world.submitted())
    published(lambda world: world.submitted_project())
    youth, project = (client.get(f"/requests/RYG-2570-00000{n}").text for n in (1, 2))
    assert "ท่าประดู่" not in youth
    assert "ท่าประดู่" in project


@pytest.mark.parametrize("status", ["", "submitted", "approved", "paid", "rejected", "returned"])
def test_lists_by_state(client: Visitor, published: Callable[..., None], status: str) -> None:
    published(lambda world: world.confirmed())
    page = client.get(f"/requests?status={status}")
    assert page.status_code == 200
    assert ("RYG-2570-000001" in page.text) == (status in {"", "paid"})


def test_an_unknown_state_is_not_found(client: Visitor) -> None:
    assert client.get("/requests?status=nonsense").status_code == 404


@pytest.mark.parametrize("before", ["1", "0", "-5", "99999999999999999999", "x"])
def test_pages_of_the_log(client: Visitor, before: str) -> None:
    assert client.get(f"/log?before={before}").status_code == 200


def test_the_log_says_who_signed(client: Visitor) -> None:
    page = client.get("/en/log")
    assert "audit.rayong.example/ryg" in page.text
    with client.get("/log/checkpoint") as sent:
        assert (sent.mimetype, sent.headers["Cache-Control"]) == ("text/plain", "no-cache")
        assert sent.headers["Access-Control-Allow-Origin"] == "*"
        root = sent.data.decode().split("\n")[2]
    assert root in unescape(page.text)


def test_the_limits_of_the_log_are_told(client: Visitor) -> None:
    page = client.get("/en/log/about").text
    for part in re.findall(r'<a href="#([a-z]+)">', page):
        assert f'<h2 id="{part}">' in page
    for told in ("Recorded is not true", "two views are possible", "mirror http"):
        assert told in page
    assert 'href="/en/v"' in page
    assert 'href="/en/log/about"' in client.get("/en/log").text
    assert 'href="/en/log/about"' in client.get("/en/v").text


def test_each_act_of_a_request_can_be_checked(
    client: Visitor, published: Callable[..., None]
) -> None:
    published(lambda world: world.confirmed())
    page = client.get("/en/requests/RYG-2570-000001").text
    eids = re.findall(r'href="/en/v#([0-9a-f-]{36})"', page)
    assert len(eids) == page.count("of the log</a>") == 7
    for eid in eids:
        assert client.get(f"/en/proof/{eid}.tlog-proof").status_code == 200


def test_tiles_are_served_for_ever(client: Visitor, portal: Portal) -> None:
    for path in (portal.install.folder.path / "tile").rglob("*"):
        if path.is_file():
            tile = path.relative_to(portal.install.folder.path)
            with client.get(f"/log/{tile}") as answer:
                assert answer.data == path.read_bytes()
                assert "immutable" in answer.headers["Cache-Control"]
    for name in ("tile/0/999", "tile/../checkpoint", "tile/0/000.p/0"):
        assert client.get(f"/log/{name}").status_code == 404


def test_pages_are_kept_until_the_log_grows(
    client: Visitor, published: Callable[..., None]
) -> None:
    first = client.get("/")
    assert "Set-Cookie" not in first.headers
    assert "Cookie" not in first.headers.get("Vary", "")
    tag = {"If-None-Match": first.headers["ETag"]}
    assert client.get("/", headers=tag).status_code == 304
    assert client.get("/en/", headers=tag).status_code == 200
    published(lambda world: world.submitted())
    assert client.get("/", headers=tag).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/requests", "/log", "/log/about", "/log/checkpoint", "/v", "/healthz"]
)
def test_the_public_door_only_reads(client: Visitor, path: str) -> None:
    assert client.post(path).status_code == 405


def test_each_page_says_its_language_and_leads_to_the_other(client: Visitor) -> None:
    for path, lang, other in (("/log", "th", "/en/log"), ("/en/log", "en", "/log")):
        page = client.get(path).text
        assert f'<html lang="{lang}">' in page
        assert re.search(rf'<a href="{other}"', page)


def test_the_figures_are_open_to_programs(
    client: Visitor, published: Callable[[Callable[[World], object]], None]
) -> None:
    published(lambda world: world.confirmed())
    published(lambda world: world.approved())
    answer = client.get("/api/v1/figures")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    with client.get("/log/checkpoint") as sent:
        origin, size, root, *_ = sent.data.decode().split("\n")
    assert answer.json is not None
    assert answer.json["log"] == {
        "origin": origin,
        "size": int(size),
        "root": base64.b64decode(root).hex(),
    }
    shown = figures(db.session())
    assert answer.json["total"] == {
        "received_satang": shown.received.satang,
        "allocated_satang": shown.allocated.satang,
        "approved_satang": shown.approved.satang,
        "committed_satang": shown.committed.satang,
        "disbursed_satang": shown.disbursed.satang,
        "fees_satang": shown.fees.satang,
    }
    cells = answer.json["figures"]
    assert {name: sum(cell[name] for cell in cells) for name in answer.json["total"]} == (
        answer.json["total"]
    )
    db.session.remove()
    again = client.get("/api/v1/figures", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    for each in (answer, again):
        assert each.headers["Access-Control-Allow-Origin"] == "*"
        assert each.headers["Cache-Control"] == "public, no-cache"


def test_nothing_published_yet_is_said(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("empty")
    app = create_app(
        read_settings({"PORTAL_DATA_DIR": str(folder), "PORTAL_SECRET_KEY": "a test's"})
    )
    with app.app_context():
        upgrade_quietly()
        db.engine.dispose()
    client = app.test_client()
    for path in ("/", "/en/", "/requests", "/log"):
        assert client.get(path).status_code == 200
    for path in ("/log/checkpoint", "/api/v1/figures"):
        assert client.get(path).status_code == 404
