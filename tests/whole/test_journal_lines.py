"""What a server writes to stderr: lines of JSON that tell where, and never what somebody typed."""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from werkzeug.test import EnvironBuilder

from portal.answers import Answers
from portal.answers import Figures
from portal.db import db
from portal.errors import RuleError
from portal.journal_lines import ForEyes
from portal.journal_lines import JsonLine
from portal.journal_lines import journal
from portal.journal_lines import start_journal
from tests.conftest import PASSWORD
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.serving import own_journal
from tests.serving import served
from tests.serving import until

NAME = "ปลายฟ้า"
PROXY = {"PORTAL_BASE_URL": "https://fund.example"}


def test_each_answer_is_a_line_and_carries_the_name_it_has_there(
    portal: Portal, tmp_path: Path
) -> None:
    with served(portal, tmp_path / "journal") as server:
        answers = [
            server.ask("/requests?text=quietly"),
            server.ask("/requests/RYG-2570-000001"),
            server.ask("/log/checkpoint", {"X-Request-Id": "from-a-stranger"}),
        ]
        until(lambda: len(server.lines("answered")) == 3)
        lines = server.lines("answered")
        told = server.journal.read_text("utf-8")
    names = [answer.headers["X-Request-Id"] for answer in answers]
    assert [line["request_id"] for line in lines] == names
    assert [(line["view"], line["status"]) for line in lines] == [
        ("public.search.list_requests", 200),
        ("public.publishing.show_request", 404),
        ("public.audit.send_text", 200),
    ]
    assert [line["bytes"] for line in lines] == [len(each.text.encode()) for each in answers]
    assert all(isinstance(line["milliseconds"], int) for line in lines)
    assert all(str(line["at"]).endswith("Z") for line in lines)
    for secret in ("quietly", "000001", "stranger", "127.0.0.1 "):
        assert secret not in told


def test_behind_a_proxy_its_name_for_a_request_is_taken_if_it_is_one(
    portal: Portal, tmp_path: Path
) -> None:
    with served(portal, tmp_path / "journal", **PROXY) as server:

        def name(given: str) -> str:
            return str(server.ask("/healthz", {"X-Request-Id": given}).headers["X-Request-Id"])

        assert name("0b1c2d3e-proxy") == "0b1c2d3e-proxy"
        for odd in ("short", "x" * 65, "with blank", "a;b;c;d;e;f"):
            assert name(odd) != odd


def record(**more: Any) -> logging.LogRecord:  # whatever a record holds
    return logging.makeLogRecord({"msg": "It is %s.", "args": (NAME,), "name": "x", **more})


@pytest.mark.parametrize("form", [JsonLine(), ForEyes()])
def test_a_line_has_the_template_and_not_what_was_put_into_it(form: logging.Formatter) -> None:
    line = form.format(record())
    assert "It is %s." in line
    assert NAME not in line
    assert NAME.encode("unicode_escape").decode() not in line


def failed(act: Any) -> tuple[Any, ...]:
    try:
        act()
    except Exception:  # noqa: BLE001 - whatever it is, it is looked at
        return sys.exc_info()
    raise AssertionError


@pytest.mark.usefixtures("portal")
@pytest.mark.parametrize("form", [JsonLine(), ForEyes()])
def test_an_error_tells_where_and_not_what(form: logging.Formatter) -> None:
    columns = "(code, name_th, name_en)"

    def twice() -> None:
        with db.engine.begin() as connection:
            for _ in range(2):
                statement = text(f"INSERT INTO organisation {columns} VALUES (:c, :n, :n)")  # noqa: S608 - ours
                connection.execute(statement, {"c": NAME, "n": NAME})

    def misread() -> None:
        try:
            int(NAME)
        except ValueError as error:
            raise KeyError(NAME) from error

    found = failed(twice)
    assert issubclass(found[0], DBAPIError)
    of_database, of_ours = (
        form.format(record(exc_info=found)),
        form.format(record(exc_info=failed(misread))),
    )
    assert "tests/whole/test_journal_lines.py" in of_database
    assert "IntegrityError" in of_database or "NotNullViolation" in of_database
    assert "builtins.KeyError" in of_ours
    assert "builtins.ValueError" in of_ours
    for line in (of_database, of_ours):
        assert NAME not in line
        assert json.dumps(NAME)[1:-1] not in line


def test_a_page_that_fails_is_told_without_its_address(
    portal: Portal,
    client: Visitor,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client.sign_in("malee")
    portal.app.config["PROPAGATE_EXCEPTIONS"] = False

    def fail(**_: object) -> str:
        raise ValueError(NAME)

    # Any view: what it does is not looked at, but that it fails.
    monkeypatch.setitem(portal.app.view_functions, "office.funds.show_request", fail)
    with caplog.at_level(logging.INFO):
        assert client.get(f"/office/requests/17?text={NAME}").status_code == 500
    lines = [JsonLine().format(each) for each in caplog.records if each.name.startswith("portal")]
    [line] = [json.loads(line) for line in lines if "A page failed." in line]
    assert (line["view"], line["errors"][0]["error"]) == (
        "office.funds.show_request",
        "builtins.ValueError",
    )
    assert "/office/requests/17" not in "".join(lines)
    assert json.dumps(NAME)[1:-1] not in "".join(lines)
    assert PASSWORD not in "".join(lines)


def test_the_last_words_of_a_process_are_a_line_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with own_journal():
        start_journal()
        start_journal()
        sys.excepthook(*failed(lambda: int(NAME)))
        thread = threading.Thread(target=int, args=(NAME,))
        thread.start()
        thread.join()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["message"] for line in lines] == ["The process ends.", "A thread ends."]
    assert json.dumps(NAME)[1:-1] not in json.dumps(lines)


def test_a_service_ends_with_a_line_and_a_refusal_with_its_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit), journal():
        int(NAME)
    [line] = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (line["level"], line["errors"][0]["error"]) == ("critical", "builtins.ValueError")
    with pytest.raises(RuleError, match="no"), journal():
        raise RuleError("no")
    assert capsys.readouterr().err == ""


def test_a_journal_that_cannot_be_written_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with suppress(OSError), open("/dev/full", "w", encoding="utf-8") as full, journal():  # noqa: PTH123
        monkeypatch.setattr(sys, "stderr", full)
        for _ in range(1000):  # far more than is kept for later
            logging.getLogger("portal").error("There is no room for this.")
        told = True
    assert told


def test_at_a_terminal_the_lines_are_for_eyes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with journal():
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        logging.getLogger("portal").info("A word.", extra={"facts": {"view": "x"}})
    assert capsys.readouterr().err[9:] == 'info    A word. view="x"\n'


def broken(_environ: object, _start: object) -> Iterable[bytes]:
    raise OSError


def cut_off(_environ: object, start: Any) -> Iterable[bytes]:
    start("200 OK", [])
    yield b"half"
    raise OSError


def whole(_environ: object, start: Any) -> Iterable[bytes]:
    start("200 OK", [])
    return [b"who", b"le"]


def sent(app: Any) -> None:
    answers = Answers(app, Figures(), is_behind_proxy=False)
    pieces = answers(EnvironBuilder().get_environ(), lambda *_: lambda _: None)
    try:
        list(pieces)
    finally:
        pieces.close()  # type: ignore[attr-defined]  # as WSGI has it


def test_an_answer_that_breaks_off_is_told_too(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    sent(whole)
    for app in (broken, cut_off):
        with pytest.raises(OSError, match=r"^$"):
            sent(app)
    lines = [json.loads(JsonLine().format(each)) for each in caplog.records]
    assert [(line["status"], line["bytes"]) for line in lines] == [(200, 5), (500, 0), (200, 4)]
