"""Mail: the one place that speaks SMTP. Text only, in UTF-8."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum
from urllib.parse import parse_qs
from urllib.parse import unquote
from urllib.parse import urlsplit

from portal.errors import N_
from portal.errors import InputError
from portal.errors import PortalError

SECONDS_MAX = 20
_PORTS = {"smtp": 25, "smtps": 465}


class Trouble(StrEnum):
    """Why a mail was not taken."""

    UNREACHABLE = "unreachable"
    SIGN_IN = "sign_in"
    ADDRESS = "address"
    REFUSED = "refused"


class MailError(PortalError):
    """The server did not take a mail."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(N_("The mail server did not take the mail: {trouble}."), trouble=trouble)
        self.trouble = trouble

    @property
    def is_of_server(self) -> bool:
        """Say whether the next mail would fare no better."""
        return self.trouble in {Trouble.UNREACHABLE, Trouble.SIGN_IN}


class MailServerError(InputError):
    """The address of the server is not one; it is not repeated, as a password stands in it."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "PORTAL_SMTP_URL is written smtp://user:password@host:587?starttls=1 or "
                "smtps://user:password@host; a password is given only to a server that encrypts."
            )
        )


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in, and how."""

    host: str
    port: int
    user: str
    password: str
    is_wrapped: bool
    starts_tls: bool

    @classmethod
    def parse(cls, url: str) -> MailServer:
        """Read `smtp://user:password@host:587?starttls=1` or `smtps://…`."""
        try:
            parts = urlsplit(url)
            port = parts.port or _PORTS[parts.scheme]
        except (KeyError, ValueError) as error:
            raise MailServerError from error
        starts_tls = parse_qs(parts.query).get("starttls") == ["1"]
        is_wrapped = parts.scheme == "smtps"
        if not parts.hostname or (parts.username and not (is_wrapped or starts_tls)):
            raise MailServerError
        return cls(
            parts.hostname,
            port,
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            is_wrapped=is_wrapped,
            starts_tls=starts_tls,
        )


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one person. The same letter has the same Message-ID however often it is sent."""

    sender: str
    to: str
    subject: str
    body: str
    message_id: str
    at: datetime

    def message(self) -> EmailMessage:
        """Return it as it goes over the line."""
        message = EmailMessage(policy=SMTP)
        message["From"] = self.sender
        message["To"] = self.to
        message["Subject"] = self.subject
        message["Date"] = format_datetime(self.at)
        message["Message-ID"] = self.message_id
        # Nobody's holiday answers this.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(self.body)
        return message


def send(server: MailServer, mail: Mail) -> None:
    """Hand a mail to the server; raise `MailError` when it is not taken."""
    try:
        with _connected(server) as connection:
            connection.send_message(mail.message(), mail.sender, [mail.to])
    except smtplib.SMTPAuthenticationError as error:
        raise MailError(Trouble.SIGN_IN) from error
    except smtplib.SMTPRecipientsRefused as error:
        raise MailError(Trouble.ADDRESS) from error
    except (smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError) as error:
        raise MailError(Trouble.UNREACHABLE) from error
    except smtplib.SMTPException as error:
        raise MailError(Trouble.REFUSED) from error
    except OSError as error:
        # No such host, no answer in time, a certificate that is not the host's.
        raise MailError(Trouble.UNREACHABLE) from error


def _connected(server: MailServer) -> smtplib.SMTP:
    """Return a connection that is encrypted and signed in as the address of the server asks."""
    where = (server.host, server.port)
    context = ssl.create_default_context()
    if server.is_wrapped:
        connection: smtplib.SMTP = smtplib.SMTP_SSL(*where, timeout=SECONDS_MAX, context=context)
    else:
        connection = smtplib.SMTP(*where, timeout=SECONDS_MAX)
    try:
        if server.starts_tls:
            connection.starttls(context=context)
        if server.user:
            connection.login(server.user, server.password)
    except BaseException:
        connection.close()
        raise
    return connection
