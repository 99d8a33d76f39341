"""Handing mail to a server, plain and encrypted, and every way in which it may not take it."""

from __future__ import annotations

from datetime import UTC
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from portal.mail import Mail
from portal.mail import MailError
from portal.mail import MailServer
from portal.mail import MailServerError
from portal.mail import Trouble
from portal.mail import send
from tests.mailbox import PASSWORD
from tests.mailbox import USER
from tests.mailbox import encrypted_mailbox
from tests.mailbox import free_port
from tests.mailbox import mailbox
from tests.mailbox import text_of

MAIL = Mail(
    sender="portal@fund.example",
    to="somchai@fund.example",
    subject="RYG-2570-000001 รอท่านพิจารณา / waits for your decision",
    body="บรรทัดที่หนึ่ง\n\nsecond line, and one that is long: " + "ยาว" * 200 + "\n",
    message_id="<0123456789abcdef@fund.example>",
    at=datetime(2026, 11, 20, 5, 0, tzinfo=UTC),
)


def trouble(url: str, mail: Mail = MAIL) -> MailError:
    with pytest.raises(MailError) as refused:
        send(MailServer.parse(url), mail)
    return refused.value


def test_thai_arrives_as_it_was_written() -> None:
    with mailbox() as box:
        send(MailServer.parse(box.url), MAIL)
    (message,) = box.taken
    assert message["Subject"] == MAIL.subject
    assert text_of(message) == MAIL.body
    assert message.get_content_type() == "text/plain"
    assert message.get_content_charset() == "utf-8"
    assert {name: message[name] for name in ("From", "To", "Message-ID", "Auto-Submitted")} == {
        "From": MAIL.sender,
        "To": MAIL.to,
        "Message-ID": MAIL.message_id,
        "Auto-Submitted": "auto-generated",
    }
    assert message["Date"].datetime == MAIL.at


@pytest.mark.parametrize("is_wrapped", [True, False])
def test_a_password_goes_to_a_server_that_encrypts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_wrapped: bool
) -> None:
    with encrypted_mailbox(tmp_path, is_wrapped=is_wrapped) as box:
        right = box.url.format(f"{USER}:{quote(PASSWORD, safe='')}")
        # Nobody vouches for its certificate yet.
        assert trouble(right).trouble is Trouble.UNREACHABLE
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "mail.pem"))
        send(MailServer.parse(right), MAIL)
        refused = trouble(box.url.format(f"{USER}:wrong"))
        assert (refused.trouble, refused.is_of_server) == (Trouble.SIGN_IN, True)
    assert box.subjects == [MAIL.subject]


def test_what_a_server_refuses_has_a_name() -> None:
    with mailbox() as box:
        box.refused = {MAIL.to}
        address = trouble(box.url)
        box.refused = set()
        box.answer = "554 no mail like this"
        refused = trouble(box.url)
        box.answer = "421 closing"
        closing = trouble(box.url)
    assert (address.trouble, address.is_of_server) == (Trouble.ADDRESS, False)
    assert refused.trouble is Trouble.REFUSED
    assert closing.trouble in {Trouble.REFUSED, Trouble.UNREACHABLE}
    nobody = trouble(f"smtp://127.0.0.1:{free_port()}")
    assert (nobody.trouble, nobody.is_of_server) == (Trouble.UNREACHABLE, True)


def test_a_server_that_does_not_know_starttls_gets_nothing() -> None:
    with mailbox() as box:
        assert trouble(f"{box.url}?starttls=1").trouble is Trouble.REFUSED
    assert box.taken == []


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:many",
        # A password in the clear.
        "smtp://user:secret@mail.example",
        "smtp://user:secret@mail.example?starttls=no",
    ],
)
def test_an_address_of_no_server_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(MailServerError) as refused:
        MailServer.parse(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("smtp://mail.example", 25),
        ("smtp://user:secret@mail.example:587?starttls=1", 587),
        ("smtps://user:secret@mail.example", 465),
    ],
)
def test_each_way_has_its_port(url: str, port: int) -> None:
    assert MailServer.parse(url).port == port


def test_nobody_writes_a_header_by_way_of_a_subject() -> None:
    with pytest.raises(ValueError, match="linefeed"):
        Mail("a@b.c", "d@e.f", "x\r\nBcc: g@h.i", "", "<1@b.c>", MAIL.at).message()
