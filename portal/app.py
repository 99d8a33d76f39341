"""The wiring: settings, database, doors, languages, errors."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Callable
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import click
from flask import Flask
from flask import Response
from flask import current_app
from flask import has_request_context
from flask import render_template
from flask import request
from flask import url_for
from flask.cli import AppGroup
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_bootstrap import Bootstrap5
from flask_login import current_user
from jinja2 import pass_context
from jinja2.runtime import Context
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.middleware.proxy_fix import ProxyFix

from config import Settings
from config import read_settings
from portal import db
from portal import health
from portal import languages
from portal import replica
from portal import security
from portal import time_limit
from portal.answers import Answers
from portal.answers import Figures
from portal.audit import public as audit_public
from portal.cases import office as cases_office
from portal.cases.rules import READERS as CASE_READERS
from portal.concerns import gate as concerns_gate
from portal.concerns import office as concerns_office
from portal.concerns.rules import ANSWERERS
from portal.concerns.rules import AUDITORS
from portal.concerns.rules import READERS as CONCERN_READERS
from portal.errors import N_
from portal.errors import BusyError
from portal.errors import ForbiddenError
from portal.errors import InputError
from portal.errors import NotFoundError
from portal.errors import PortalError
from portal.errors import RuleError
from portal.errors import StaleError
from portal.funds import office as funds_office
from portal.funds import office_acting as funds_office_acting
from portal.funds import office_attachments as funds_office_attachments
from portal.funds import office_books as funds_office_books
from portal.funds import office_deciding as funds_office_deciding
from portal.funds import office_exports as funds_office_exports
from portal.funds import office_filing as funds_office_filing
from portal.funds import office_intake as funds_office_intake
from portal.funds import office_money as funds_office_money
from portal.funds import office_papers as funds_office_papers
from portal.funds import office_rules as funds_office_rules
from portal.funds import office_staff as funds_office_staff
from portal.funds import office_tables as funds_office_tables
from portal.funds.books_page import READERS as BOOK_READERS
from portal.home import office as home_office
from portal.install import Install
from portal.jobs import office as jobs_office
from portal.jobs.rules import WATCHERS as JOB_WATCHERS
from portal.journal import where
from portal.labels import Name
from portal.letters import office as letters_office
from portal.money import Money
from portal.payments import office_accounts as payments_office_accounts
from portal.payments import office_receipts as payments_office_receipts
from portal.payments import office_sheets as payments_office_sheets
from portal.payments import treasury as payments_treasury
from portal.payments import treasury_advances as payments_treasury_advances
from portal.payments import treasury_back as payments_treasury_back
from portal.payments import treasury_batches as payments_treasury_batches
from portal.payments import treasury_matching as payments_treasury_matching
from portal.payments import treasury_statements as payments_treasury_statements
from portal.people import gate as people_gate
from portal.people import gate_factor as people_gate_factor
from portal.people import gate_identity as people_gate_identity
from portal.people import gate_provider as people_gate_provider
from portal.people import gate_second as people_gate_second
from portal.people import office as people_office
from portal.people import office_organisations as people_office_organisations
from portal.people import office_sessions as people_office_sessions
from portal.people import office_users as people_office_users
from portal.people.once import once_key
from portal.people.rules import LOOKERS
from portal.people.rules import READERS
from portal.people.session_rules import Limits
from portal.people.vouching import provider_at
from portal.publishing import public as publishing_public
from portal.publishing import public_api as publishing_public_api
from portal.publishing import public_open as publishing_public_open
from portal.publishing import public_parts as publishing_public_parts
from portal.publishing import public_reports as publishing_public_reports
from portal.publishing import public_search as publishing_public_search
from portal.publishing import queries as publishing_queries
from portal.publishing.keeping import problem
from portal.reports import office as reports_office
from portal.reports.rules import READERS as REPORT_READERS
from portal.roles import Actor
from portal.roles import Role
from portal.thai import bangkok_day
from portal.thai import bangkok_time
from portal.thai import short_day
from portal.thai import short_month
from portal.thai import weekday
from portal.words import say
from portal.words import shown
from portal.youths import office as youths_office
from portal.youths import office_pairs as youths_office_pairs
from portal.youths.rules import READERS as RECORD_READERS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIApplication
    from _typeshed.wsgi import WSGIEnvironment

LOGGER = logging.getLogger("portal")
TOP = Path(__file__).resolve().parent.parent
ENGLISH = "/en"
API = "/api/"
NO_BREAK = "\u00a0"
UPLOAD_BYTES_MAX = 16 * 1024 * 1024
PAGES_ARE_MADE_FROM = frozenset({".py", ".html", ".mo", ".js", ".css"})

security.public.register_blueprint(publishing_public.bp)
security.public.register_blueprint(publishing_public_open.bp)
security.public.register_blueprint(publishing_public_api.bp)
security.public.register_blueprint(publishing_public_parts.bp)
security.public.register_blueprint(publishing_public_search.bp)
security.public.register_blueprint(publishing_public_reports.bp)
security.public.register_blueprint(audit_public.bp)
security.public.register_blueprint(health.bp)
security.gate.register_blueprint(people_gate.bp)
security.gate.register_blueprint(people_gate_second.bp)
security.gate.register_blueprint(people_gate_factor.bp)
security.gate.register_blueprint(people_gate_provider.bp)
security.gate.register_blueprint(people_gate_identity.bp)
security.gate.register_blueprint(concerns_gate.bp)
security.office.register_blueprint(home_office.bp)
security.office.register_blueprint(people_office.bp)
security.office.register_blueprint(people_office_users.bp)
security.office.register_blueprint(people_office_sessions.bp)
security.office.register_blueprint(people_office_organisations.bp)
security.office.register_blueprint(cases_office.bp)
security.office.register_blueprint(youths_office.bp)
security.office.register_blueprint(youths_office_pairs.bp)
security.office.register_blueprint(funds_office.bp)
security.office.register_blueprint(funds_office_filing.bp)
security.office.register_blueprint(funds_office_intake.bp)
security.office.register_blueprint(funds_office_papers.bp)
security.office.register_blueprint(funds_office_deciding.bp)
security.office.register_blueprint(funds_office_acting.bp)
security.office.register_blueprint(funds_office_attachments.bp)
security.office.register_blueprint(funds_office_money.bp)
security.office.register_blueprint(funds_office_books.bp)
security.office.register_blueprint(funds_office_rules.bp)
security.office.register_blueprint(funds_office_staff.bp)
security.office.register_blueprint(funds_office_tables.bp)
security.office.register_blueprint(payments_office_accounts.bp)
security.office.register_blueprint(letters_office.bp)
security.office.register_blueprint(concerns_office.bp)
security.office.register_blueprint(funds_office_exports.bp)
security.office.register_blueprint(payments_office_receipts.bp)
security.office.register_blueprint(payments_office_sheets.bp)
security.office.register_blueprint(jobs_office.bp)
security.office.register_blueprint(reports_office.bp)
security.treasury.register_blueprint(payments_treasury.bp)
security.treasury.register_blueprint(payments_treasury_batches.bp)
security.treasury.register_blueprint(payments_treasury_back.bp)
security.treasury.register_blueprint(payments_treasury_advances.bp)
security.treasury.register_blueprint(payments_treasury_statements.bp)
security.treasury.register_blueprint(payments_treasury_matching.bp)

ANSWERS: tuple[tuple[type[PortalError], HTTPStatus], ...] = (
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (ForbiddenError, HTTPStatus.FORBIDDEN),
    (StaleError, HTTPStatus.CONFLICT),
    (RuleError, HTTPStatus.CONFLICT),
    (InputError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (BusyError, HTTPStatus.SERVICE_UNAVAILABLE),
)


class LanguagePrefix:
    """Serve the whole portal a second time, in English, below `/en`."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Move the prefix from the path to the script name, so that every link keeps it."""
        path = environ.get("PATH_INFO", "")
        if path == ENGLISH or path.startswith(f"{ENGLISH}/"):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + ENGLISH
            environ["PATH_INFO"] = path[len(ENGLISH) :] or "/"
        return self._app(environ, start)


def create_app(settings: Settings | None = None) -> Flask:
    """Build the portal from its settings."""
    settings = settings or read_settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    app = Flask("portal", template_folder=str(TOP / "templates"))
    app.cli = _Commands(app.name)
    is_https = settings.base_url.startswith("https:")
    app.config.update(
        SECRET_KEY=settings.secret_key or None,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=db.engine_options(settings.database_url),
        MIGRATIONS_DIR=str(TOP / "migrations"),
        MAX_CONTENT_LENGTH=UPLOAD_BYTES_MAX,
        BOOTSTRAP_SERVE_LOCAL=True,
        BABEL_DEFAULT_LOCALE="th",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=is_https,
        SESSION_COOKIE_NAME=security.cookie_name("session", is_https=is_https),
        WTF_CSRF_TIME_LIMIT=None,
        EDITION=_edition(),
        PUBLIC_QUERY_MS=settings.public_query_ms,
        OFFICE_QUERY_MS=settings.office_query_ms,
        FACTOR_REQUIRED=settings.is_factor_required,
        SESSION_LIMITS=Limits(
            idle=timedelta(minutes=settings.idle_minutes),
            whole=timedelta(hours=settings.session_hours),
        ),
    )
    app.url_map.converters["int"] = security.RowNumber
    # Of X-Forwarded-For only what our own proxies wrote is believed; without any, nothing.
    known = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=0, x_host=0)
    _attach_install(app, settings)
    figures = Figures()
    with app.app_context():
        figures.watch(db.db.engine)
    # The portal speaks no HTTPS itself: where it is at such an address, a proxy is before it.
    counted = Answers(LanguagePrefix(known), figures, is_behind_proxy=is_https)
    app.wsgi_app = counted  # type: ignore[assignment,method-assign]  # as Flask says
    # Its own would quote the address.
    app.log_exception = _log_exception  # type: ignore[assignment,method-assign]  # as above
    security.guard(app)
    security.login_manager.user_loader(people_gate.load_signed_in)
    languages.attach(app, language)
    Bootstrap5(app)
    for door in (security.public, security.gate, security.office, security.treasury):
        app.register_blueprint(door)
    _attach_templates(app)
    _attach_errors(app)
    return app


class _Commands(AppGroup):
    """The commands: read when one is asked for, as no web process needs them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        self._read()
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        self._read()
        return super().get_command(ctx, cmd_name)

    def _read(self) -> None:
        from portal.cli import COMMANDS  # noqa: PLC0415 - see above

        for command in COMMANDS:
            self.add_command(command)


def _edition() -> str:
    """Return a digest of everything pages are made from, so that a new release is a new edition."""
    digest = hashlib.sha256()
    for folder in (TOP / "portal", TOP / "templates"):
        for path in sorted(folder.rglob("*")):
            if path.suffix in PAGES_ARE_MADE_FROM:
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _attach_install(app: Flask, settings: Settings) -> None:
    install = Install(settings)
    app.extensions["install"] = install
    app.extensions["provider"] = provider_at(settings.base_url, settings.provider)
    db.start(app, install.session_info, publish_inline if settings.publishes_inline else None)
    with app.app_context():
        time_limit.attach(app, db.db.engine)
        replica.attach(app, settings)


def publish_inline() -> None:
    """Put what was just recorded into the published log, in the process that recorded it."""
    install: Install = current_app.extensions["install"]
    if not install.has_log:
        return
    try:
        install.publish(db.db.engine)
    except (PortalError, OperationalError, OSError, sqlite3.Error) as error:
        # The act is committed and stays in the queue; who runs the portal must look.
        facts = {"cause": type(error).__name__, "sentence": str(error)}
        LOGGER.error("The log was not published.", extra={"facts": facts})  # noqa: TRY400 - no traceback


def _log_exception(error: Any) -> None:  # what `sys.exc_info` returns
    LOGGER.error("A page failed.", exc_info=error, extra={"facts": where()})


def language() -> str:
    """Return the language of this page: its address says it."""
    return "en" if has_request_context() and request.script_root.endswith(ENGLISH) else "th"


def _attach_templates(app: Flask) -> None:
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.filters.update(
        baht=str,
        satang=_satang,
        day=_day,
        moment=_moment,
        month=_month,
        weekday=_weekday,
        label=pass_context(_label),
        tr=_translated_name,
        say=say,
    )
    app.jinja_env.globals.update(once_key=once_key)
    app.context_processor(_page_context)


def _page_context() -> dict[str, object]:
    is_demo = current_app.extensions["install"].settings.is_demo
    if not has_request_context():
        # A paper of the worker: no page, and nobody's.
        return {"is_demo": is_demo}
    name = publishing_queries.foundation_name(db.db.session())
    context = {
        "language": language(),
        "other_language_url": _other_language_url(),
        "foundation": name,
        "foundation_name": _translated_name(name) if name else gettext("The foundation"),
        "is_demo": is_demo,
    }
    if not _is_behind_a_door():
        return context
    actor = security.current_actor()
    return context | {
        "actor": actor,
        "navigation": _navigation(actor),
        "sign_out_url": url_for("gate.people.sign_out"),
    }


def _is_behind_a_door() -> bool:
    """Say whether the page is for somebody signed in; others do not even look at the session."""
    return security.door() in {"office", "treasury"} and bool(current_user.is_authenticated)


def _other_language_url() -> str:
    path = request.full_path.rstrip("?")
    root = request.script_root
    return root.removesuffix(ENGLISH) + path if root.endswith(ENGLISH) else root + ENGLISH + path


# What each signed-in person finds in the menu: (view, label, roles that see it). The daily work
# comes first, then what is looked up, then what rarely changes.
_ASK = frozenset({Role.FINDER, Role.OFFICER})
_SIGN = frozenset({Role.CHAIR, Role.DRIVING_CHAIR, Role.BOARD})
MENU: tuple[tuple[str, str, frozenset[Role]], ...] = (
    ("office.home.show_home", N_("Waiting for me"), frozenset(Role)),
    ("office.funds.show_decisions", N_("Decide"), _SIGN),
    ("treasury.payments.show_queue", N_("Pay"), frozenset({Role.TREASURER})),
    ("treasury.batches.list_batches", N_("Batches"), frozenset({Role.TREASURER})),
    ("treasury.statements.list_statements", N_("Statements"), frozenset({Role.TREASURER})),
    ("office.filing.new_request", N_("New request"), _ASK),
    ("office.funds.list_requests", N_("Requests"), frozenset(Role) - {Role.ADMINISTRATOR}),
    ("office.youths.list_people", N_("People"), RECORD_READERS),
    ("office.cases.list_referrals", N_("Referrals"), CASE_READERS),
    ("office.cases.list_follow_ups", N_("Follow-ups"), CASE_READERS),
    ("office.intake.show_import", N_("Import a workbook"), frozenset({Role.OFFICER})),
    ("office.money.show_money_in", N_("Money in"), frozenset({Role.OFFICER})),
    ("office.books.show_trial_balance", N_("Books"), BOOK_READERS),
    ("office.reports.list_reports", N_("Reports"), REPORT_READERS),
    ("office.concerns.list_findings", N_("Findings"), AUDITORS | ANSWERERS),
    ("office.concerns.list_concerns", N_("Concerns"), CONCERN_READERS),
    ("office.people.list_openings", N_("Sealed values"), READERS),
    ("office.users.list_users", N_("People and roles"), LOOKERS),
    ("office.accounts.list_accounts", N_("Accounts"), frozenset({Role.ADMINISTRATOR})),
    ("office.acting.list_terms", N_("Acting chairs"), _SIGN | {Role.OFFICER, Role.AUDITOR}),
    ("office.rules.show_rules", N_("Rules"), frozenset(Role)),
    ("office.jobs.list_failed", N_("Failed jobs"), JOB_WATCHERS),
    ("office.letters.list_letters", N_("Messages"), frozenset(Role)),
)


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One line of the menu."""

    label: str
    url: str
    is_current: bool


def _navigation(actor: Actor) -> list[MenuItem]:
    seen = [(gettext(text), url_for(view)) for view, text, roles in MENU if roles & actor.roles]
    here = _room((url for _label, url in seen), request.script_root + request.path)
    return [MenuItem(label, url, url == here) for label, url in seen]


def _room(rooms: Iterable[str], path: str) -> str:
    """Return the room of the menu in which a page lies: its address begins the page's address."""
    holding = [room for room in rooms if f"{path}/".startswith(f"{room.rstrip('/')}/")]
    longest = max(holding, key=len, default="")
    # Everything of the office begins with the first page's address, which holds itself alone.
    return "" if longest == url_for("office.home.show_home") != path else longest


def _label(_context: Context, value: str, table: str, channel: str = "") -> str:
    # Told of the page's context, Jinja does not work out a constant once for both languages.
    return shown(value, table, channel)


def _day(value: date | datetime) -> str:
    day = bangkok_day(value) if isinstance(value, datetime) else value
    return short_day(day, language()).replace(" ", NO_BREAK)


def _weekday(value: date) -> str:
    return weekday(value, language()).replace(" ", NO_BREAK)


def _month(value: date) -> str:
    return short_month(value, language()).replace(" ", NO_BREAK)


def _moment(value: datetime) -> str:
    return f"{_day(value)}{NO_BREAK}{bangkok_time(value)}"


def _satang(satang: int) -> str:
    return str(Money(satang))


def _translated_name(name: Name) -> str:
    return name.en if language() == "en" else name.th


def _attach_errors(app: Flask) -> None:
    for family, status in ANSWERS:
        app.register_error_handler(family, _answer_with(status))
    app.register_error_handler(HTTPException, _show_http_error)


def _answer_with(status: HTTPStatus) -> Callable[[Any], ResponseReturnValue]:
    def show(error: PortalError) -> ResponseReturnValue:
        security.note_refusal(error)
        db.db.session.close()
        return _show_error(status, say(error))

    return show


def _show_http_error(error: HTTPException) -> ResponseReturnValue:
    security.note_refusal(error)
    # After an error of the database nothing more can be asked of it in the same breath.
    db.db.session.close()
    if error.response is not None:
        return error.get_response()
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        page, _ = _show_error(status, "")
        return page, status, {"Allow": ", ".join(error.valid_methods)}
    return _show_error(status, "")


def _show_error(status: HTTPStatus, sentence: str) -> tuple[str | Response, HTTPStatus]:
    if request.path.startswith(API):
        return problem(status, sentence), status
    page = render_template(
        "error.html", code=int(status), sentence=sentence, back_url=security.came_from()
    )
    return page, status
