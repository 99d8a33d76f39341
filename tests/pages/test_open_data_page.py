from __future__ import annotations

import json

from portal.publishing.open_versions import Versions
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.opened import current
from tests.opened import opened
from tests.world import World


def test_the_page_names_every_file_in_both_languages(
    portal: Portal, client: Visitor, made: Maker
) -> None:
    assert "No file is made yet" in client.get("/en/open-data/").text
    opened(portal, made, World.approved)
    english, thai = client.get("/en/open-data/").text, client.get("/open-data/").text
    for path in current(portal).iterdir():
        assert f'href="/en/open-data/{path.name}"' in english
        assert f'href="/open-data/{path.name}"' in thai
    assert "Median days by subcommittee" in english
    assert "ข้อมูลเปิด" in thai
    # What the log seals, and what it tells.
    assert "fund_request.submitted" in english
    assert "for a youth or for a project" in english
    assert client.get("/en/open-data").status_code == 308


def test_the_page_is_sent_once(portal: Portal, client: Visitor, made: Maker) -> None:
    opened(portal, made, World.approved)
    page = client.get("/open-data/")
    assert "Set-Cookie" not in page.headers
    again = client.get("/open-data/", headers={"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_file_is_sent_as_it_was_built(portal: Portal, client: Visitor, made: Maker) -> None:
    version = opened(portal, made, World.approved)
    for path in current(portal).iterdir():
        with client.get(f"/open-data/{path.name}") as newest:
            assert newest.data == path.read_bytes()
            assert newest.headers["Cache-Control"] == "public, no-cache"
            assert newest.headers["Access-Control-Allow-Origin"] == "*"
            assert "Set-Cookie" not in newest.headers
        with client.get(f"/open-data/{version.name}/{path.name}") as dated:
            assert dated.data == path.read_bytes()
            assert "immutable" in dated.headers["Cache-Control"]
    with client.head("/open-data/grants.csv") as head:
        assert head.mimetype == "text/csv"
    with client.get("/open-data/changes.json") as answer:
        changes = json.loads(answer.data)
    assert [each["name"] for each in changes] == [version.name]


def test_what_is_known_is_not_sent_again(portal: Portal, client: Visitor, made: Maker) -> None:
    opened(portal, made, World.approved)
    with client.get("/open-data/grants.csv") as first:
        tag, modified = first.headers["ETag"], first.headers["Last-Modified"]
    for header in ({"If-None-Match": tag}, {"If-Modified-Since": modified}):
        with client.get("/open-data/grants.csv", headers=header) as again:
            assert (again.status_code, again.data) == (304, b"")
    opened(portal, made, World.approved)
    with client.get("/open-data/grants.csv", headers={"If-None-Match": tag}) as new:
        assert new.status_code == 200
        assert new.headers["ETag"] != tag


def test_a_piece_of_a_file_is_sent(portal: Portal, client: Visitor, made: Maker) -> None:
    opened(portal, made, World.approved)
    whole = (current(portal) / "open-data.sqlite").read_bytes()
    with client.get("/open-data/open-data.sqlite", headers={"Range": "bytes=0-15"}) as piece:
        assert (piece.status_code, piece.data) == (206, whole[:16])
        assert piece.headers["Content-Range"] == f"bytes 0-15/{len(whole)}"
    beyond = {"Range": f"bytes={len(whole)}-"}
    with client.get("/open-data/open-data.sqlite", headers=beyond) as answer:
        assert answer.status_code == 416


def test_nothing_else_is_sent(portal: Portal, client: Visitor, made: Maker) -> None:
    assert client.get("/open-data/grants.csv").status_code == 404
    assert client.get("/open-data/changes.json").status_code == 404
    version = opened(portal, made, World.approved)
    assert Versions(portal.install.open_data).folder("..") is None
    for path in (
        "nothing.csv",
        ".lock",
        "..%2f..%2fportal.sqlite",
        "current/grants.csv",
        f"{version.name}/..%2fchanges.json",
        f"{version.name}/changes.json",
        "../versions/grants.csv",
    ):
        with client.get(f"/open-data/{path}") as answer:
            assert answer.status_code == 404, path
