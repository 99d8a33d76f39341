"""One world with something in every state, the cast at its doors, and the table of what they get.

A new route needs a line in `DOORS`; `tests/whole/test_doors.py` says which one is missing, and
`tests/pages/test_axe.py` looks at the same pages.

    door("GET /office/requests/<int:request_id>", "/office/requests/{draft}",
         ok="officer requester", hidden=REST)

The first text is the route as Flask has it; the second an address in the world (`House.places`).
Then who gets what, each of the cast once; REST is everybody who is named nowhere else:

    ok       the page, the file, or 303 after something was done
    idle     an answer that changes nothing: nothing ticked was theirs, or the form comes back (422)
    refused  403 or 409: not you, or not now
    hidden   404: there is no such thing, as far as they can know

Nobody, who is not signed in, is led to the gate by the office and the treasury, and gets
everything else; `nobody=` says otherwise. What a POST did is undone before the next one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from datetime import date
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import ProviderSettings
from portal.clock import now
from portal.concerns.codes import ConcernTopic
from portal.concerns.service import ConcernAnswer
from portal.concerns.service import receive_concern
from portal.db import db
from portal.db import writing
from portal.funds.acting import ActingAnswer
from portal.funds.acting import appoint_acting_chair
from portal.funds.columns import FORM
from portal.funds.intake import Imported
from portal.funds.intake import keep_run
from portal.funds.issuing import PAPER_JOB
from portal.funds.models import Donation
from portal.funds.models import FundRequest
from portal.funds.rulebook import RuleKind
from portal.funds.rules_page import newest_lane
from portal.funds.rules_page import newest_limits
from portal.funds.rules_page import newest_targets
from portal.funds.rules_page import rule_page
from portal.funds.setup import close_day
from portal.funds.sheet_rules import SheetKind
from portal.id_token import Vouched
from portal.jobs.rules import WorkerEndedError
from portal.jobs.service import bury_job
from portal.jobs.service import claim_jobs
from portal.letters.models import Letter
from portal.money import Money
from portal.passkeys import Passkey
from portal.payments import service as payments
from portal.payments.advance_rules import Advance
from portal.payments.advance_rules import AdvanceKind
from portal.payments.advancing import Spent
from portal.payments.advancing import file_voucher
from portal.payments.asking import ask_sheet
from portal.payments.matching_page import matching_page
from portal.payments.models import BankLine
from portal.payments.models import Payment
from portal.payments.models import PaymentBatch
from portal.payments.models import Receipt
from portal.payments.returning import Back
from portal.payments.returning import return_payment
from portal.payments.rules import Channel
from portal.payments.rules import ReceiptKind
from portal.payments.sheet_table import TELL
from portal.payments.statement_lines import import_statement
from portal.people.carried import PROVED_AT
from portal.people.enrolling import add_passkey
from portal.people.factor_models import PersonPasskey
from portal.people.identities import bind_identity
from portal.people.models import Organisation
from portal.people.models import Person
from portal.people.models import RoleGrant
from portal.people.models import WebSession
from portal.people.openings import OpeningAnswer
from portal.people.openings import ask_opening
from portal.people.openings import grant_opening
from portal.people.planned import mark
from portal.people.rules import Purpose
from portal.people.service import add_person
from portal.people.session_rules import Device
from portal.people.sessions import begin_session
from portal.people.staffing import deactivate_person
from portal.people.vouching import provider_at
from portal.roles import Actor
from portal.security import TOKEN
from portal.sheets import write_workbook
from portal.uploads import Upload
from portal.uploads import UploadKind
from portal.youths.consenting import ConsentAnswer
from portal.youths.consenting import GuardianAnswer
from portal.youths.consenting import add_guardian
from portal.youths.consenting import record_consent
from portal.youths.models import Youth
from portal.youths.models import YouthPair
from portal.youths.pairing import settle_pair
from portal.youths.rules import Purpose as Sharing
from portal.youths.rules import Relation
from portal.youths.rules import Signers
from portal.youths.rules import Verdict
from portal.youths.service import register_youth
from tests import cases
from tests.acts.test_factors import app_of
from tests.acts.test_statement_lines import rows as statement_rows
from tests.conftest import PASSWORD
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.hostile import png
from tests.reporting import IN_JANUARY
from tests.reporting import gift
from tests.reporting import reports_in_every_state
from tests.world import ACCOUNT
from tests.world import ANSWER
from tests.world import NOON
from tests.world import YOUTH
from tests.world import World

# Who stands at the doors, by username; all requests of the world are the requester's, for SC5.
CAST: Mapping[str, str | None] = {
    "nobody": None,
    "krit": "krit",
    "finder": "finder2",
    "requester": "finder1",
    "officer": "malee",
    "chair": "chair5",
    "other_chair": "chair2",
    "driving": "driving",
    "board": "board",
    "treasurer": "phailin",
    "auditor": "wipa",
    "administrator": "admin",
}
# Who vouches for people, and never answers.
NOWHERE = ProviderSettings(
    issuer="http://127.0.0.1:1",
    client_id="portal",
    client_secret_file=Path("secret"),
    name_th="ไทยดี",
    name_en="ThaiD",
    scopes="openid",
    strong=frozenset(),
)
SHARED = ConsentAnswer(
    frozenset({Sharing.SHARE}),
    Signers(person_signed=True, guardian="แม่", relation=Relation.MOTHER),
    "แบบ",
)
TODAY = date(2026, 11, 20)
TUESDAY = date(2026, 11, 24)
CLOSED = date(2029, 3, 5)
REST = "everybody else"
BEHIND_SIGN_IN = ("/office", "/treasury")
BOOKS = "officer treasurer auditor driving board"
SEES_SENT = "requester officer chair driving board auditor"
SEES_PAID = f"{SEES_SENT} treasurer"


@dataclass(frozen=True, slots=True)
class Door:
    """One line of the table."""

    route: str
    path: str
    answers: Mapping[str, str]
    body: Mapping[str, object] = field(default_factory=dict)

    @property
    def method(self) -> str:
        return self.route.partition(" ")[0]


def door(
    route: str,
    path: str = "",
    *,
    body: Mapping[str, object] | None = None,
    nobody: str = "",
    **who: str,
) -> Door:
    """Read a line; each of the cast must stand in it once."""
    path = path or route.partition(" ")[2]
    answers = {"nobody": nobody or ("sign in" if path.startswith(BEHIND_SIGN_IN) else "ok")}
    rest = [answer for answer, names in who.items() if names == REST]
    for answer, names in who.items():
        for name in names.split() if names != REST else ():
            assert name in CAST, f"{route}: nobody is called {name}"
            assert name not in answers, f"{route}: {name} stands there twice"
            answers[name] = answer
    for name in CAST.keys() - answers.keys():
        assert len(rest) == 1, f"{route}: what does {name} get?"
        answers[name] = rest[0]
    return Door(route, path, answers, body or {})


def ruled(route: str, path: str = "", *, body: Mapping[str, object] | None = None) -> Door:
    """Read the line of what is the administrator's alone."""
    return door(route, path, body=body, ok="administrator", refused=REST)


def staffed(route: str, path: str = "", *, body: Mapping[str, object] | None = None) -> Door:
    """Read the line of what the administrator does with people, of whom only the auditor knows."""
    return door(route, path, body=body, ok="administrator", refused="auditor", hidden=REST)


# Whoever goes there without having given the password is led to the gate.
TO_SIGN_IN: Mapping[str, Any] = {"sign in": REST, "nobody": "sign in"}
AWAY: Mapping[str, Any] = {"503": REST}
SEEN = {"seen_version": "{version}"}
VOUCHER = {
    "kind": "shop_receipt",
    "item": "-",
    "spent_on": "20/11/2569",
    "amount": "1",
    "file": ("a.png", png()),
}
BACK = {
    "return-seen_version": "{version}",
    "return-amount": "1,500",
    "return-fee": "10",
    "return-note": "-",
}
REQUEST = {
    "name": "นายต้นกล้า ตัวอย่าง",
    "birth_on": "9/6/2552",
    "place": "210101",
    "category": "SC5/LIVING",
    "fund": "GEN",
    "amount": "1,500",
    "payee_kind": "self",
    "account_holder": "นายต้นกล้า ตัวอย่าง",
    "bank": "006",
    "account_number": "9990000001",
    "has_consent": "y",
}
WITHDRAWAL = (
    "GET /office/people-helped/<int:youth_id>/consents/<any(keep, pay, share):purpose>/withdraw"
)
ASK = f"POST /office/papers/<any({','.join(TELL)}):kind>/<about>"
REVISION = {
    "amount": "1,400",
    "payee_kind": "self",
    "account_holder": "นายต้นกล้า ตัวอย่าง",
    "bank": "006",
    "account_number": "9990000001",
    "note": "-",
}
ACTING = {
    "subcommittee": "SC5",
    "person": "chair6",
    "order": "13/2570",
    "from_on": "1/2/2572",
    "to_on": "2/2/2572",
}
RECORD = {
    "title": "นาย",
    "first_name": "ต้นกล้า",
    "last_name": "ตัวอย่าง",
    "birth_on": "9/6/2552",
    "national_id": "",
    "place": "210101",
    "activity": "nothing",
    "pathway": "",
    "schooling": "",
}
CONSENT = {
    "purposes": "pay",
    "person_signed": "y",
    "guardian": "แม่ ตัวอย่าง",
    "relation": "mother",
    "power_paper": "",
    "paper": "-",
}
NAMES = {"name_th": "ชื่อใหม่", "name_en": "A new name"}
LATER = {"valid_from": "1/3/2572"}
CASES = "finder requester officer auditor"
REPORTS = "officer auditor driving"
REPORT_FILE = "<any(th.pdf,en.pdf,pack.zip):name>"
FINDINGS = "officer chair other_chair treasurer auditor administrator"
OPENING = {"eid": "{eid}", "sealed_fields": "reason", "purpose": "audit", "case_number": "1"}
STATEMENT = ("statement.csv", statement_rows(("ดอกเบี้ย", "", "7")))
FILE = ("upload.xlsx", write_workbook({"คำขอ": [list(FORM)]}))
DECIDE = {"action": "approve", "reason": "", "note": ""} | SEEN

DOORS = (
    # Open to everybody.
    door("GET /", ok=REST),
    door("GET /requests", ok=REST),
    door("GET /requests", "/requests?status=paid", ok=REST),
    door("GET /requests", "/requests?q=zzz&year=2570", ok=REST),
    door("GET /requests.<any(csv,xlsx,json):ending>", "/requests.csv", ok=REST),
    door("GET /requests.<any(csv,xlsx,json):ending>", "/requests.xlsx", ok=REST),
    door("GET /requests.<any(csv,xlsx,json):ending>", "/requests.json", ok=REST),
    door("GET /requests/<reference>", "/requests/{paid_reference}", ok=REST),
    door("GET /requests/<reference>", "/requests/RYG-0", hidden=REST, nobody="hidden"),
    door("GET /donations", ok=REST),
    door("GET /donations/<reference>", "/donations/{donation}", ok=REST),
    door("GET /donations/<reference>", "/donations/NONE", hidden=REST, nobody="hidden"),
    door("GET /open-data/", ok=REST),
    door("GET /open-data/changes.json", hidden=REST, nobody="hidden"),
    door("GET /open-data/<name>", "/open-data/grants.csv", hidden=REST, nobody="hidden"),
    door("GET /open-data/<version>/<name>", "/open-data/x/y", hidden=REST, nobody="hidden"),
    door("GET /log", ok=REST),
    door("GET /log/about", ok=REST),
    door("GET /log/<any(checkpoint,witnessed,policy):name>", "/log/checkpoint", ok=REST),
    door("GET /log/tile/<path:name>", "/log/tile/{tile}", ok=REST),
    door("GET /audit/status/<eid>", "/audit/status/{eid}", ok=REST),
    door("GET /proof/<eid>.tlog-proof", "/proof/{eid}.tlog-proof", ok=REST),
    door("GET /v", ok=REST),
    door("GET /api/v1/figures", ok=REST),
    door("GET /api/v1/", ok=REST),
    door("GET /api/v1/openapi.json", ok=REST),
    door("GET /api/v1/<any(funds,subcommittees,categories):kinds>", "/api/v1/funds", ok=REST),
    door("GET /api/v1/requests", "/api/v1/requests?status=paid&limit=5", ok=REST),
    door("GET /api/v1/requests/<reference>", "/api/v1/requests/{paid_reference}", ok=REST),
    door("GET /api/v1/requests/<reference>", "/api/v1/requests/NONE",
         hidden=REST, nobody="hidden"),
    door("GET /api/v1/payments", ok=REST),
    door("GET /api/v1/payments/<reference>", "/api/v1/payments/{paid_payment}", ok=REST),
    door("GET /api/v1/feed.atom", ok=REST),
    door("GET /<any(funds,subcommittees,categories):kinds>", "/funds", ok=REST),
    door("GET /<any(funds,subcommittees,categories):kinds>", "/categories", ok=REST),
    door("GET /<any(funds,subcommittees,categories):kinds>/<code>", "/funds/GEN", ok=REST),
    door("GET /<any(funds,subcommittees,categories):kinds>/<code>", "/categories/LIVING", ok=REST),
    door("GET /<any(funds,subcommittees,categories):kinds>/<code>", "/funds/NONE",
         hidden=REST, nobody="hidden"),
    door("GET /payments", ok=REST),
    door("GET /payments/<reference>", "/payments/{paid_payment}", ok=REST),
    door("GET /payments/<reference>", "/payments/NONE", hidden=REST, nobody="hidden"),
    door("GET /service-times", ok=REST),
    door("GET /places", ok=REST),
    door("GET /charts", ok=REST),
    door("GET /charts/<name>.svg", "/charts/paid-by-fund.svg", ok=REST),
    door("GET /charts/<name>.svg", "/charts/none.svg", hidden=REST, nobody="hidden"),
    door("GET /charts/<any(funds,subcommittees,categories):kinds>/<code>.svg",
         "/charts/subcommittees/SC5.svg", ok=REST),
    door("GET /reports", ok=REST),
    door("GET /reports/<reference>", "/reports/R-FY2570-Q1-1", ok=REST),
    door("GET /reports/<reference>", "/reports/R-2026-11-1", hidden=REST, nobody="hidden"),
    door(f"GET /reports/<reference>/{REPORT_FILE}", "/reports/R-FY2570-Q1-1/th.pdf", ok=REST),
    door(f"GET /reports/<reference>/{REPORT_FILE}", "/reports/R-2026-11-1/th.pdf",
         hidden=REST, nobody="hidden"),
    door("GET /healthz", ok=REST),
    door("GET /healthz/ready", ok=REST),
    door("GET /static/<path:filename>", "/static/portal.css", ok=REST),
    door("GET /bootstrap/static/<path:filename>",
         "/bootstrap/static/css/bootstrap.min.css", ok=REST),
    # The gate.
    door("GET /sign-in", ok=REST),
    door("POST /sign-in", body={"username": "malee", "password": PASSWORD}, ok=REST),
    door("POST /sign-out", ok=REST),
    door("GET /sign-in/second", **TO_SIGN_IN),
    door("POST /sign-in/second", body={"code": "123456"}, **TO_SIGN_IN),
    door("POST /sign-in/passkey", body={"credential": "{{}}"}, refused=REST, nobody="refused"),
    # Who vouches for people does not answer.
    door("POST /sign-in/provider", nobody="503", **AWAY),
    door("GET /sign-in/provider/back", refused=REST, nobody="refused"),
    door("GET /again", ok=REST, nobody="sign in"),
    door("POST /again", body={"password": PASSWORD}, ok=REST, idle="krit requester",
         nobody="sign in"),
    # One's own second factors; the requester has an app and a passkey, and is bound.
    door("GET /factor", ok=REST, nobody="sign in"),
    door("GET /factor/app", ok=REST, refused="requester", nobody="sign in"),
    door("POST /factor/app", body={"token": "", "code": "123456"}, idle=REST, nobody="sign in"),
    door("GET /factor/app/remove", ok=REST, nobody="sign in"),
    door("POST /factor/app/remove", ok="requester", hidden=REST, nobody="sign in"),
    door("GET /factor/passkeys/new", ok=REST, nobody="sign in"),
    door("POST /factor/passkeys/new", body={"name": "-", "credential": "{{}}"}, idle=REST,
         nobody="sign in"),
    door("GET /factor/passkeys/<int:passkey_id>", "/factor/passkeys/{passkey}",
         ok="requester", hidden=REST, nobody="sign in"),
    door("POST /factor/passkeys/<int:passkey_id>/rename", "/factor/passkeys/{passkey}/rename",
         body={"name": "-"}, ok="requester", hidden=REST, nobody="sign in"),
    door("POST /factor/passkeys/<int:passkey_id>/remove", "/factor/passkeys/{passkey}/remove",
         ok="requester", hidden=REST, nobody="sign in"),
    door("GET /factor/codes", ok=REST, nobody="sign in"),
    door("POST /factor/codes", ok="requester", refused=REST, nobody="sign in"),
    door("GET /factor/identity", ok=REST, nobody="sign in"),
    door("POST /factor/identity", nobody="sign in", **AWAY),
    door("POST /factor/identity/remove", ok="requester", hidden=REST, nobody="sign in"),
    # What waits, and the lists.
    door("GET /office/", ok=REST),
    door("GET /office/requests", ok=REST),
    door("GET /office/requests", "/office/requests?state=paid&text=x", ok=REST),
    door("GET /office/requests.<any(csv,xlsx):ending>", "/office/requests.csv", ok=REST),
    door("GET /office/requests.<any(csv,xlsx):ending>", "/office/requests.xlsx", ok=REST),
    door("GET /office/decisions", ok=REST),
    door("GET /office/decisions.<any(csv,xlsx):ending>", "/office/decisions.csv", ok=REST),
    door("POST /office/decisions",
         body={"pick": "{submitted}-{version}", "is_unrelated": "y"}, ok="chair", idle=REST),
    # Asking.
    door("GET /office/requests/new", ok="finder requester officer", refused=REST),
    door("GET /office/requests/new", "/office/requests/new?kind=project",
         ok="finder requester officer", refused=REST),
    door("POST /office/requests/new", body=REQUEST, ok="finder requester officer", refused=REST),
    door("GET /office/requests/<int:request_id>/amend", "/office/requests/{draft}/amend",
         ok="requester officer", hidden=REST),
    door("GET /office/requests/<int:request_id>/amend", "/office/requests/{submitted}/amend",
         refused=SEES_SENT, hidden=REST),
    door("POST /office/requests/<int:request_id>/amend", "/office/requests/{draft}/amend",
         body=REQUEST | SEEN, ok="requester officer", hidden=REST),
    door("POST /office/requests/<int:request_id>/amend", "/office/requests/{approved}/amend",
         body=REQUEST | SEEN, refused=SEES_PAID, hidden=REST),
    door("POST /office/requests/<int:request_id>/submit", "/office/requests/{draft}/submit",
         body=SEEN | {"has_consent": "y"}, ok="requester officer", hidden=REST),
    door("POST /office/requests/<int:request_id>/submit", "/office/requests/{submitted}/submit",
         body=SEEN, idle="requester", refused="officer chair driving board auditor", hidden=REST),
    door("POST /office/requests/<int:request_id>/withdraw", "/office/requests/{submitted}/withdraw",
         body=SEEN, ok="requester officer", refused="chair driving board auditor", hidden=REST),
    door("POST /office/requests/<int:request_id>/withdraw", "/office/requests/{paid}/withdraw",
         body=SEEN, refused=SEES_PAID, hidden=REST),
    # One request, and its papers.
    door("GET /office/requests/<int:request_id>", "/office/requests/{draft}",
         ok="requester officer", hidden=REST),
    door("GET /office/requests/<int:request_id>", "/office/requests/{submitted}",
         ok=SEES_SENT, hidden=REST),
    door("GET /office/requests/<int:request_id>", "/office/requests/{approved}",
         ok=SEES_PAID, hidden=REST),
    door("GET /office/requests/<int:request_id>", "/office/requests/{paid}",
         ok=SEES_PAID, hidden=REST),
    door("GET /office/requests/<int:request_id>", "/office/requests/99999", hidden=REST),
    door("POST /office/requests/<int:request_id>/decide", "/office/requests/{declared}/decide",
         body=DECIDE, ok="chair", refused="requester officer driving board auditor", hidden=REST),
    door("POST /office/requests/<int:request_id>/decide", "/office/requests/{declared}/decide",
         body=DECIDE | {"action": "return", "reason": "papers"},
         ok="chair", refused="requester officer driving board auditor", hidden=REST),
    door("POST /office/requests/<int:request_id>/decide", "/office/requests/{approved}/decide",
         body=DECIDE, refused=SEES_PAID, hidden=REST),
    door("POST /office/requests/<int:request_id>/decide", "/office/requests/{draft}/decide",
         body=DECIDE, refused="requester officer", hidden=REST),
    door("POST /office/requests/<int:request_id>/documents/<any(decision):kind>",
         "/office/requests/{paid}/documents/decision",
         ok="officer chair treasurer", refused="requester driving board auditor", hidden=REST),
    door("POST /office/requests/<int:request_id>/documents/<any(decision):kind>",
         "/office/requests/{submitted}/documents/decision", refused=SEES_SENT, hidden=REST),
    door("GET /office/requests/<int:request_id>/documents/<int:document_id>.pdf",
         "/office/requests/{approved}/documents/{document}.pdf", ok=SEES_PAID, hidden=REST),
    door("GET /office/requests/<int:request_id>/documents/<int:document_id>.pdf",
         "/office/requests/{paid}/documents/{document}.pdf", hidden=REST),
    # What the worker makes: asked for, how far it is, and given out.
    door(ASK, "/office/papers/withdrawal/{submitted}",
         ok="requester officer", refused="chair driving board auditor", hidden=REST),
    door(ASK, "/office/papers/memo/{approved}",
         ok="officer", refused="requester chair driving board auditor treasurer", hidden=REST),
    door(ASK, "/office/papers/memo/{draft}", refused="requester officer", hidden=REST),
    door(ASK, "/office/papers/voucher/{confirmed}",
         ok="officer treasurer", refused="requester chair driving board auditor", hidden=REST),
    door(ASK, "/office/papers/receipt/{confirmed}",
         ok="requester officer treasurer", refused="chair driving board auditor", hidden=REST),
    door(ASK, "/office/papers/receipt/{prepared}",
         refused="officer chair driving board auditor treasurer", hidden=REST),
    door(ASK, "/office/papers/advance/{confirmed}", refused=SEES_PAID, hidden=REST),
    door(ASK, "/office/papers/clearing/{confirmed}", refused=SEES_PAID, hidden=REST),
    door(ASK, "/office/papers/remittance/{batch}",
         ok="treasurer", refused="auditor", hidden=REST),
    door(ASK, "/office/papers/reconciliation/MAIN-{never}",
         refused="treasurer auditor", hidden=REST),
    door(ASK, "/office/papers/thanks/{donation}", ok="officer", hidden=REST),
    door("GET /office/jobs/<int:job_id>", "/office/jobs/{job}", ok="requester", hidden=REST),
    door("GET /office/papers/<int:sheet_id>.pdf", "/office/papers/{sheet}.pdf",
         ok=SEES_PAID, hidden=REST),
    door("GET /office/papers/<int:sheet_id>.pdf", "/office/papers/{list}.pdf",
         ok="treasurer auditor", hidden=REST),
    door("GET /office/papers/<int:sheet_id>.pdf", "/office/papers/{letter_of_thanks}.pdf",
         ok="officer", hidden=REST),
    door("GET /office/jobs/failed", ok="administrator", refused=REST),
    door("POST /office/jobs/<int:job_id>/retry", "/office/jobs/{dead}/retry",
         ok="administrator", hidden=REST),
    door("POST /office/jobs/<int:job_id>/retry", "/office/jobs/{job}/retry",
         refused="administrator", hidden=REST),
    # Workbooks.
    door("GET /office/import", ok="officer", refused=REST),
    door("GET /office/import/form.xlsx", ok="officer", refused=REST),
    door("POST /office/import", body={"workbook": FILE}, ok="officer", refused=REST),
    door("GET /office/import/<int:run_id>", "/office/import/{run}", ok="officer", hidden=REST),
    door("GET /office/import/<int:run_id>/corrections.xlsx",
         "/office/import/{run}/corrections.xlsx",
         ok="officer", hidden=REST),
    # Sealed values.
    door("GET /office/openings", ok="officer auditor administrator", refused=REST),
    door("GET /office/openings/new", "/office/openings/new?eid={eid}", ok="auditor", refused=REST),
    door("POST /office/openings/new", body=OPENING, ok="auditor", refused=REST),
    door("POST /office/openings/<int:opening_id>/decide", "/office/openings/{asked}/decide",
         body={"verdict": "grant"}, ok="officer administrator", refused="auditor", hidden=REST),
    door("GET /office/openings/<int:opening_id>.json", "/office/openings/{granted}.json",
         ok="auditor", hidden=REST),
    # The treasury.
    door("GET /treasury/", ok="treasurer", refused=REST),
    door("GET /treasury/", "/treasury/?all=1", ok="treasurer", refused=REST),
    door("GET /treasury/to-prepare.<any(csv,xlsx):ending>", "/treasury/to-prepare.csv",
         ok="treasurer", refused=REST),
    door("GET /treasury/payments.<any(csv,xlsx):ending>", "/treasury/payments.xlsx",
         ok="treasurer", refused=REST),
    door("POST /treasury/prepare", body={"pick": "{approved}-{version}"},
         ok="treasurer", refused=REST),
    door("GET /treasury/payments/<int:payment_id>", "/treasury/payments/{prepared}",
         ok="treasurer", refused=REST),
    door("GET /treasury/payments/<int:payment_id>", "/treasury/payments/{sent}",
         ok="treasurer", refused=REST),
    door("GET /treasury/payments/<int:payment_id>", "/treasury/payments/99999",
         hidden="treasurer", refused=REST),
    door("POST /treasury/payments/<int:payment_id>/release",
         "/treasury/payments/{prepared}/release",
         body=SEEN | {"password": PASSWORD}, ok="treasurer", refused=REST),
    door("POST /treasury/payments/<int:payment_id>/send", "/treasury/payments/{released}/send",
         body=SEEN, ok="treasurer", refused=REST),
    door("POST /treasury/payments/<int:payment_id>/confirm", "/treasury/payments/{sent}/confirm",
         body=SEEN | {"bank_reference": "KTB0002"}, ok="treasurer", refused=REST),
    door("POST /treasury/payments/<int:payment_id>/void", "/treasury/payments/{released}/void",
         body=SEEN | {"note": "-"}, ok="treasurer", refused=REST),
    door("POST /treasury/payments/<int:payment_id>/void", "/treasury/payments/{sent}/void",
         body=SEEN | {"note": "-"}, refused=REST),
    # Batches.
    door("GET /treasury/batches", ok="treasurer", refused=REST),
    door("GET /treasury/batches/new", ok="treasurer", refused=REST),
    door("POST /treasury/batches/new",
         body={"account": "MAIN", "value_on": "23/11/2569", "file_kind": "ktb",
               "pick": "{prepared}"},
         ok="treasurer", refused=REST),
    door("GET /treasury/batches/<int:batch_id>", "/treasury/batches/{batch}",
         ok="treasurer", refused=REST),
    door("GET /treasury/batches/<int:batch_id>", "/treasury/batches/99999",
         hidden="treasurer", refused=REST),
    door("GET /treasury/batches/<int:batch_id>/files/<kind>", "/treasury/batches/{batch}/files/ktb",
         ok="treasurer", refused=REST),
    door("GET /treasury/batches/<int:batch_id>/files/<kind>", "/treasury/batches/{batch}/files/zip",
         hidden="treasurer", refused=REST),
    door("POST /treasury/batches/<int:batch_id>/release", "/treasury/batches/{batch}/release",
         body=SEEN | {"password": PASSWORD}, refused=REST),
    door("POST /treasury/batches/<int:batch_id>/send", "/treasury/batches/{batch}/send",
         body=SEEN, ok="treasurer", refused=REST),
    door("POST /treasury/batches/<int:batch_id>/dissolve", "/treasury/batches/{batch}/dissolve",
         body=SEEN, ok="treasurer", refused=REST),
    # What came back, what is left, and the receipts.
    door("POST /treasury/payments/<int:payment_id>/return", "/treasury/payments/{sent}/return",
         body=BACK, ok="treasurer", refused=REST),
    door("POST /treasury/payments/<int:payment_id>/return", "/treasury/payments/{prepared}/return",
         body=BACK, refused=REST),
    door("POST /treasury/payments/<int:payment_id>/refund", "/treasury/payments/{confirmed}/refund",
         body={"refund-seen_version": "{version}", "refund-amount": "100", "refund-note": "-"},
         ok="treasurer", refused=REST),
    door("GET /treasury/payments/<int:payment_id>", "/treasury/payments/{confirmed}",
         ok="treasurer", refused=REST),
    door("GET /treasury/payments/<int:payment_id>", "/treasury/payments/{came_back}",
         ok="treasurer", refused=REST),
    door("GET /treasury/requests/<int:request_id>/rest", "/treasury/requests/{approved}/rest",
         ok="treasurer", refused=REST),
    door("GET /treasury/requests/<int:request_id>/rest", "/treasury/requests/{paid}/rest",
         ok="treasurer", refused=REST),
    door("GET /treasury/requests/<int:request_id>/rest", "/treasury/requests/{submitted}/rest",
         hidden="treasurer", refused=REST),
    door("POST /treasury/requests/<int:request_id>/rest", "/treasury/requests/{approved}/rest",
         body=SEEN | {"note": "-"}, ok="treasurer", refused=REST),
    door("POST /treasury/requests/<int:request_id>/rest", "/treasury/requests/{paid}/rest",
         body=SEEN | {"note": "-"}, refused=REST),
    door("GET /office/receipts", ok=REST),
    door("GET /office/receipts.<any(csv,xlsx):ending>", "/office/receipts.csv", ok=REST),
    door("GET /office/receipts/<int:receipt_id>", "/office/receipts/{receipt}",
         ok=SEES_PAID, hidden=REST),
    door("GET /office/receipts/<int:receipt_id>", "/office/receipts/99999", hidden=REST),
    door("GET /office/requests/<int:request_id>/receipts", "/office/requests/{paid}/receipts",
         ok=SEES_PAID, hidden=REST),
    door("GET /office/requests/<int:request_id>/receipts", "/office/requests/{receipted}/receipts",
         ok=SEES_PAID, hidden=REST),
    door("GET /office/requests/<int:request_id>/receipts", "/office/requests/{draft}/receipts",
         ok="requester officer", hidden=REST),
    door("GET /office/requests/<int:request_id>", "/office/requests/{receipted}",
         ok=SEES_PAID, hidden=REST),
    door("POST /office/payments/<int:payment_id>/receipts",
         "/office/payments/{confirmed}/receipts",
         body={"kind": "slip", "file": ("a.png", png())},
         ok="requester officer treasurer", refused="chair driving board auditor", hidden=REST),
    door("POST /office/payments/<int:payment_id>/receipts", "/office/payments/{sent}/receipts",
         body={"kind": "slip", "file": ("a.png", png())},
         refused="officer chair driving board auditor treasurer", hidden=REST),
    # Ways and terms of one payment; what is lent, and what is paid by hand.
    door("GET /treasury/requests/<int:request_id>/prepare",
         "/treasury/requests/{approved}/prepare", ok="treasurer", refused=REST),
    door("GET /treasury/requests/<int:request_id>/prepare", "/treasury/requests/{draft}/prepare",
         hidden="treasurer", refused=REST),
    door("POST /treasury/requests/<int:request_id>/prepare",
         "/treasury/requests/{approved}/prepare",
         body=SEEN | {"channel": "cash", "terms": "work"}, ok="treasurer", refused=REST),
    door("POST /treasury/requests/<int:request_id>/prepare", "/treasury/requests/{paid}/prepare",
         body=SEEN | {"channel": "cash", "terms": "given"}, refused=REST),
    door("GET /treasury/advances", ok="treasurer", refused=REST),
    door("GET /treasury/payments/<int:payment_id>/advance", "/treasury/payments/{lent}/advance",
         ok="treasurer", refused=REST),
    door("GET /treasury/payments/<int:payment_id>/advance",
         "/treasury/payments/{confirmed}/advance", refused=REST),
    door("POST /treasury/payments/<int:payment_id>/advance", "/treasury/payments/{lent}/advance",
         body=SEEN | {"pick": "{voucher}"}, ok="treasurer", refused=REST),
    door("GET /treasury/pay-sheet", ok="treasurer", refused=REST),
    door("POST /office/payments/<int:payment_id>/vouchers", "/office/payments/{lent}/vouchers",
         body=VOUCHER, ok="requester officer treasurer", refused="chair driving board auditor",
         hidden=REST),
    door("POST /office/payments/<int:payment_id>/vouchers",
         "/office/payments/{confirmed}/vouchers",
         body=VOUCHER, idle="requester officer treasurer",
         refused="chair driving board auditor", hidden=REST),
    # The bank's statements.
    door("GET /treasury/statements", ok="treasurer", refused=REST),
    door("POST /treasury/statements", body={"account": "MAIN", "statement": STATEMENT},
         ok="treasurer", refused=REST),
    door("GET /treasury/statements/<account>", "/treasury/statements/MAIN",
         ok="treasurer", refused=REST),
    door("GET /treasury/statements/<account>", "/treasury/statements/NONE",
         hidden="treasurer", refused=REST),
    door("POST /treasury/statements/<account>/confirm", "/treasury/statements/MAIN/confirm",
         body={"all": "{all_sure}"}, ok="treasurer", refused=REST),
    door("POST /treasury/statements/<account>/confirm", "/treasury/statements/MAIN/confirm",
         refused=REST),
    door("GET /treasury/statements/<account>/lines",
         "/treasury/statements/MAIN/lines?pick={line_out}", ok="treasurer", refused=REST),
    door("POST /treasury/statements/<account>/lines/payment",
         "/treasury/statements/MAIN/lines/payment",
         body={"pick": "{line_out}", "named": "{sent_reference}"}, ok="treasurer", refused=REST),
    door("POST /treasury/statements/<account>/lines/return",
         "/treasury/statements/MAIN/lines/return",
         body={"pick": "{line_in}", "named": "{paid_payment}", "fee": "0", "note": "-"},
         ok="treasurer", refused=REST),
    door("POST /treasury/statements/<account>/lines/fee",
         "/treasury/statements/MAIN/lines/fee",
         body={"pick": "{line_fee}", "fund": "GEN"}, ok="treasurer", refused=REST),
    door("POST /treasury/statements/<account>/lines/other",
         "/treasury/statements/MAIN/lines/other",
         body={"pick": "{line_in}", "what": "-"}, ok="treasurer", refused=REST),
    door("GET /treasury/statements/<account>/<month>", "/treasury/statements/MAIN/2026-11",
         ok="treasurer", refused=REST),
    door("GET /treasury/statements/<account>/<month>.<any(csv,xlsx):ending>",
         "/treasury/statements/MAIN/2026-11.csv", ok="treasurer", refused=REST),
    # The foundation's accounts.
    ruled("GET /office/accounts"),
    ruled("GET /office/accounts/new"),
    ruled("GET /office/accounts/<code>/close", "/office/accounts/MAIN/close"),
    ruled("POST /office/accounts/<code>/close", "/office/accounts/MAIN/close"),
    # Concerns of people without an account, and choosing one's own password.
    door("GET /concerns", ok=REST),
    door("GET /concerns/figures", ok=REST),
    door("GET /concerns/follow", ok=REST),
    door("GET /concerns/received", ok=REST),
    door("GET /password", ok=REST, nobody="sign in"),
    # What is asked of a request besides.
    door("GET /office/requests/new/worker.js", ok=REST),
    door("GET /office/requests/<int:request_id>/check", "/office/requests/{draft}/check",
         ok="requester officer", hidden=REST),
    door("GET /office/requests/<int:request_id>/check", "/office/requests/{submitted}/check",
         ok=SEES_SENT, hidden=REST),
    door("GET /office/requests/<int:request_id>/sent", "/office/requests/{submitted}/sent",
         ok=SEES_SENT, hidden=REST),
    door("GET /office/requests/<int:request_id>/sent", "/office/requests/{draft}/sent",
         hidden=REST),
    door("GET /office/requests/<int:request_id>/revise", "/office/requests/{approved}/revise",
         ok="officer", refused="requester chair driving board auditor treasurer", hidden=REST),
    door("GET /office/requests/<int:request_id>/revise", "/office/requests/{submitted}/revise",
         refused=SEES_SENT, hidden=REST),
    door("GET /office/requests/<int:request_id>/attachments",
         "/office/requests/{submitted}/attachments", ok=SEES_SENT, hidden=REST),
    door("GET /office/requests/<int:request_id>/attachments",
         "/office/requests/{draft}/attachments", ok="requester officer", hidden=REST),
    door("GET /office/requests/<int:request_id>/attachments/<int:attachment_id>",
         "/office/requests/{submitted}/attachments/{attachment}", ok=SEES_SENT, hidden=REST),
    door("GET /office/requests/<int:request_id>/attachments/<int:attachment_id>",
         "/office/requests/{draft}/attachments/{attachment}", hidden=REST),
    # Referrals and follow-ups.
    door("GET /office/referrals", ok=CASES, refused=REST),
    door("GET /office/referrals/new", "/office/referrals/new?youth={youth}",
         ok="requester officer", refused="auditor", hidden=REST),
    door("GET /office/referrals/<int:referral_id>", "/office/referrals/{asked_referral}",
         ok="finder officer auditor", hidden=REST),
    door("GET /office/referrals/<int:referral_id>", "/office/referrals/{accepted}",
         ok="finder requester officer auditor", hidden=REST),
    door("GET /office/referrals/<int:referral_id>", "/office/referrals/{done_referral}",
         ok="finder requester officer auditor", hidden=REST),
    door("GET /office/cases/<int:youth_id>", "/office/cases/{youth}",
         ok="requester officer auditor", hidden=REST),
    door("GET /office/follow-ups", ok=CASES, refused=REST),
    door("GET /office/follow-ups/<int:follow_up_id>", "/office/follow-ups/{planned}",
         ok="requester officer", refused="auditor", hidden=REST),
    door("GET /office/follow-ups/<int:follow_up_id>", "/office/follow-ups/{followed_up}",
         ok="requester officer", refused="auditor", hidden=REST),
    # Records of people.
    door("GET /office/people-helped", ok=CASES, hidden=REST),
    door("GET /office/people-helped/<int:youth_id>", "/office/people-helped/{youth}",
         ok="requester officer auditor", hidden=REST),
    door("GET /office/people-helped/<int:youth_id>/correct",
         "/office/people-helped/{youth}/correct",
         ok="officer", refused="requester auditor", hidden=REST),
    door("GET /office/people-helped/<int:youth_id>/guardians/new",
         "/office/people-helped/{youth}/guardians/new",
         ok="officer", refused="requester auditor", hidden=REST),
    door("GET /office/people-helped/<int:youth_id>/consents/new",
         "/office/people-helped/{youth}/consents/new",
         ok="officer", refused="requester auditor", hidden=REST),
    door(WITHDRAWAL, "/office/people-helped/{youth}/consents/share/withdraw",
         ok="officer", refused="requester auditor", hidden=REST),
    door("GET /office/people-helped/<int:youth_id>/reads", "/office/people-helped/{youth}/reads",
         ok="officer auditor", hidden=REST),
    door("GET /office/people-helped/pairs", ok="officer auditor", hidden=REST),
    door("GET /office/people-helped/pairs/<int:pair_id>", "/office/people-helped/pairs/{pair}",
         ok="officer auditor", hidden=REST),
    door("GET /office/people-helped/pairs/<int:pair_id>", "/office/people-helped/pairs/{merged}",
         ok="officer auditor", hidden=REST),
    door("GET /office/reads", ok="auditor", refused=REST),
    # Findings and concerns.
    door("GET /office/findings", ok=FINDINGS, refused=REST),
    door("GET /office/findings/new", "/office/findings/new?eid={eid}", ok="auditor", refused=REST),
    door("GET /office/findings/<int:finding_id>", "/office/findings/{finding}",
         ok="officer chair auditor", hidden=REST),
    door("GET /office/concerns", ok="officer board auditor", refused=REST),
    door("GET /office/concerns/<int:concern_id>", "/office/concerns/{concern}",
         ok="officer auditor", hidden=REST),
    door("GET /office/concerns/<int:concern_id>", "/office/concerns/{sensitive}",
         ok="auditor", hidden=REST),
    # Reports.
    door("GET /office/reports", ok=REPORTS, hidden=REST),
    door("POST /office/reports", body={"period": "2026-12"}, ok="officer", refused=REST),
    door("POST /office/reports", body={"period": "2026-11"}, refused=REST),
    door("GET /office/reports/<int:report_id>", "/office/reports/{prepared_report}",
         ok=REPORTS, hidden=REST),
    door("GET /office/reports/<int:report_id>", "/office/reports/{published_report}",
         ok=REPORTS, hidden=REST),
    door(f"GET /office/reports/<int:report_id>/{REPORT_FILE}",
         "/office/reports/{prepared_report}/pack.zip", ok=REPORTS, hidden=REST),
    door("POST /office/reports/<int:report_id>/answer", "/office/reports/{prepared_report}/answer",
         body=SEEN | {"opinion": "agrees", "words": ""},
         ok="auditor", refused="officer driving", hidden=REST),
    door("GET /office/reports/<int:report_id>/publish", "/office/reports/{answered_report}/publish",
         ok="driving", refused="officer auditor", hidden=REST),
    door("GET /office/reports/<int:report_id>/publish", "/office/reports/{prepared_report}/publish",
         refused=REPORTS, hidden=REST),
    door("POST /office/reports/<int:report_id>/publish",
         "/office/reports/{answered_report}/publish",
         body=SEEN, ok="driving", refused="officer auditor", hidden=REST),
    door("POST /office/reports/<int:report_id>/publish",
         "/office/reports/{prepared_report}/publish", body=SEEN, refused=REPORTS, hidden=REST),
    # Acting chairs, letters, money in.
    door("GET /office/acting", ok=REST),
    door("GET /office/outbox", ok=REST),
    door("GET /office/money-in", ok="officer", refused=REST),
    door("GET /office/money-in/donations/new", ok="officer", refused=REST),
    door("GET /office/money-in/allocations/new", ok="officer", refused=REST),
    door("GET /office/money-in/donations/<reference>", "/office/money-in/donations/{donation}",
         ok="officer", refused=REST),
    door("GET /office/money-in/donations/<reference>", "/office/money-in/donations/NONE",
         hidden=REST),
    # Books.
    door("GET /office/books", ok=BOOKS, refused=REST),
    door("GET /office/books/trial-balance.<any(csv,xlsx):ending>",
         "/office/books/trial-balance.csv", ok=BOOKS, refused=REST),
    door("GET /office/books/funds", ok=BOOKS, refused=REST),
    door("GET /office/books/funds.<any(csv,xlsx):ending>", "/office/books/funds.xlsx",
         ok=BOOKS, refused=REST),
    door("GET /office/books/ledger/<fund>", "/office/books/ledger/GEN", ok=BOOKS, refused=REST),
    door("GET /office/books/ledger/<fund>", "/office/books/ledger/NONE",
         hidden=REST),
    door("GET /office/books/ledger/<fund>/lines.<any(csv,xlsx):ending>",
         "/office/books/ledger/GEN/lines.csv", ok=BOOKS, refused=REST),
    # Rules: everybody reads them, the administrator changes them.
    door("GET /office/rules", ok=REST),
    door("GET /office/rules/<kind>/<code>", "/office/rules/fund/GEN", ok=REST),
    door("GET /office/rules/<kind>/<code>", "/office/rules/category/LIVING", ok=REST),
    door("GET /office/rules/<kind>/<code>", "/office/rules/fund/NONE", hidden=REST),
    ruled("GET /office/rules/<kind>/new", "/office/rules/fund/new"),
    ruled("GET /office/rules/<kind>/new", "/office/rules/category/new"),
    ruled("GET /office/rules/<kind>/<code>/change", "/office/rules/category/LIVING/change"),
    ruled("GET /office/rules/<kind>/<code>/end", "/office/rules/fund/GEN/end"),
    ruled("GET /office/rules/limits"),
    ruled("GET /office/rules/targets"),
    ruled("GET /office/rules/urgent"),
    ruled("GET /office/rules/closed-days/new"),
    ruled("GET /office/rules/closed-days/<written>/open",
          "/office/rules/closed-days/{closed}/open"),
    # People who sign in, and partners.
    door("GET /office/users", ok="auditor administrator", refused=REST),
    ruled("GET /office/users/new"),
    door("GET /office/sessions", ok=REST),
    door("GET /office/users/<int:person_id>", "/office/users/{prasit}",
         ok="auditor administrator", hidden=REST),
    door("GET /office/users/<int:person_id>", "/office/users/{gone}",
         ok="auditor administrator", hidden=REST),
    staffed("GET /office/users/<int:person_id>/hand-over", "/office/users/{prasit}/hand-over"),
    staffed("GET /office/users/<int:person_id>/password", "/office/users/{prasit}/password"),
    staffed("GET /office/users/<int:person_id>/factor", "/office/users/{secured}/factor"),
    staffed("GET /office/users/<int:person_id>/identity", "/office/users/{secured}/identity"),
    staffed("GET /office/users/<int:person_id>/email", "/office/users/{prasit}/email"),
    staffed("GET /office/users/<int:person_id>/roles/new", "/office/users/{prasit}/roles/new"),
    staffed("GET /office/users/<int:person_id>/roles/<int:grant_id>/end",
         "/office/users/{prasit}/roles/{grant}/end"),
    door("GET /office/organisations", ok="auditor administrator", refused=REST),
    ruled("GET /office/organisations/new"),
    ruled("GET /office/organisations/<code>/rename", "/office/organisations/DOLE/rename"),
    # What is done with a request besides.
    door("POST /office/requests/<int:request_id>/interest", "/office/requests/{submitted}/interest",
         body=SEEN | {"interest": "unrelated", "how": ""},
         ok="chair driving board", refused="requester officer auditor", hidden=REST),
    door("POST /office/requests/<int:request_id>/override", "/office/requests/{submitted}/override",
         body=SEEN | {"code": "shared_account", "note": "-"}, refused=SEES_SENT, hidden=REST),
    door("POST /office/requests/<int:request_id>/ratify", "/office/requests/{urgent}/ratify",
         body=SEEN | {"verdict": "ratify", "note": ""},
         ok="driving", refused="requester officer chair treasurer board auditor", hidden=REST),
    door("POST /office/requests/<int:request_id>/revise", "/office/requests/{approved}/revise",
         body=SEEN | REVISION,
         ok="officer", refused="requester chair driving board auditor treasurer", hidden=REST),
    door("POST /office/requests/<int:request_id>/attachments",
         "/office/requests/{submitted}/attachments",
         body={"papers-kind": "photo", "papers-files": ("a.png", png())},
         ok="officer", refused="requester chair driving board auditor", hidden=REST),
    door("POST /office/requests/<int:request_id>/attachments",
         "/office/requests/{draft}/attachments",
         body={"papers-kind": "photo", "papers-files": ("a.png", png())},
         ok="requester officer", hidden=REST),
    door("POST /office/requests/<int:request_id>/attachments/<int:attachment_id>/remove",
         "/office/requests/{submitted}/attachments/{attachment}/remove",
         body={"why": "unclear"}, refused=SEES_SENT, hidden=REST),
    door("POST /office/requests/<int:request_id>/attachments/<int:attachment_id>/remove",
         "/office/requests/{draft}/attachments/{draft_paper}/remove",
         body={"why": "unclear"}, ok="requester officer", hidden=REST),
    door("POST /office/requests/<int:request_id>/attachments/<int:attachment_id>/remove",
         "/office/requests/{draft}/attachments/{attachment}/remove",
         body={"why": "unclear"}, hidden=REST),
    # Acting chairs, letters.
    door("POST /office/acting", body=ACTING, ok="chair driving", idle="other_chair", refused=REST),
    door("POST /office/acting/<int:term_id>/end", "/office/acting/{term}/end",
         ok="chair driving", refused=REST),
    door("POST /office/outbox/<int:letter_id>/retry", "/office/outbox/{letter}/retry",
         ok="administrator", refused="chair", hidden=REST),
    # Referrals and follow-ups.
    door("POST /office/referrals/new", "/office/referrals/new?youth={youth}",
         body={"receiver": "VHV", "asked": "-"},
         ok="officer", idle="requester", refused="auditor", hidden=REST),
    door("POST /office/referrals/new", "/office/referrals/new?youth={youth}",
         body={"receiver": "PEO", "asked": "-"},
         ok="requester", idle="officer", refused="auditor", hidden=REST),
    door("POST /office/referrals/<int:referral_id>/reply",
         "/office/referrals/{asked_referral}/reply",
         body=SEEN | {"action": "accept", "reason": "", "note": ""},
         ok="finder", refused="officer auditor", hidden=REST),
    door("POST /office/referrals/<int:referral_id>/cancel",
         "/office/referrals/{asked_referral}/cancel",
         body=SEEN, ok="officer", refused="finder auditor", hidden=REST),
    door("POST /office/referrals/<int:referral_id>/finish", "/office/referrals/{accepted}/finish",
         body=SEEN | {"note": "-"},
         ok="finder", refused="requester officer auditor", hidden=REST),
    door("POST /office/referrals/<int:referral_id>/finish",
         "/office/referrals/{done_referral}/finish",
         body=SEEN | {"note": "-"}, refused="finder requester officer auditor", hidden=REST),
    door("POST /office/referrals/<int:referral_id>/notes", "/office/referrals/{accepted}/notes",
         body={"words": "-"}, ok="finder", refused="requester officer auditor", hidden=REST),
    door("POST /office/cases/<int:youth_id>/notes", "/office/cases/{youth}/notes",
         body={"words": "-"}, ok="officer", refused="requester auditor", hidden=REST),
    door("POST /office/cases/<int:youth_id>/follow-ups", "/office/cases/{youth}/follow-ups",
         body={"kind": "single", "day": "1/2/2650"},
         ok="officer", refused="requester auditor", hidden=REST),
    door("POST /office/follow-ups/<int:follow_up_id>", "/office/follow-ups/{planned}",
         body=SEEN | {"outcome": "in_work", "pathway": "", "done_on": "20/11/2569", "note": ""},
         ok="requester officer", refused="auditor", hidden=REST),
    # Records of people.
    door("POST /office/people-helped/<int:youth_id>/correct",
         "/office/people-helped/{youth}/correct",
         body=SEEN | RECORD, ok="officer", refused="requester auditor", hidden=REST),
    door("POST /office/people-helped/<int:youth_id>/confirm",
         "/office/people-helped/{youth}/confirm",
         body=SEEN, ok="officer", refused="requester auditor", hidden=REST),
    door("POST /office/people-helped/<int:youth_id>/guardians/new",
         "/office/people-helped/{youth}/guardians/new",
         body=SEEN | {"name": "พ่อ ตัวอย่าง", "relation": "father", "paper": ""},
         ok="officer", refused="requester auditor", hidden=REST),
    door("POST /office/people-helped/<int:youth_id>/guardians/<int:guardian_id>/end",
         "/office/people-helped/{youth}/guardians/{guardian}/end",
         body=SEEN, ok="officer", refused="requester auditor", hidden=REST),
    door("POST /office/people-helped/<int:youth_id>/consents/new",
         "/office/people-helped/{youth}/consents/new",
         body=SEEN | CONSENT, ok="officer", refused="requester auditor", hidden=REST),
    door(WITHDRAWAL.replace("GET", "POST"), "/office/people-helped/{youth}/consents/share/withdraw",
         body=SEEN, ok="officer", refused="requester auditor", hidden=REST),
    door("POST /office/people-helped/pairs/<int:pair_id>/settle",
         "/office/people-helped/pairs/{pair}/settle",
         body=SEEN | {"verdict": "two"}, ok="officer", refused="auditor", hidden=REST),
    door("POST /office/people-helped/pairs/<int:pair_id>/undo",
         "/office/people-helped/pairs/{merged}/undo",
         body=SEEN, ok="officer", refused="auditor", hidden=REST),
    # Findings and concerns.
    door("POST /office/findings/new",
         body={"eid": "{eid}", "severity": "note", "topic": "papers", "words": "-"},
         ok="auditor", refused=REST),
    door("POST /office/findings/<int:finding_id>", "/office/findings/{finding}",
         body=SEEN | {"action": "answer", "words": "-", "remedy": "explained", "doubt": ""},
         ok="officer chair", refused="auditor", hidden=REST),
    door("POST /office/concerns/<int:concern_id>", "/office/concerns/{concern}",
         body=SEEN | {"action": "take_up", "words": "", "outcome": ""},
         ok="officer", refused="auditor", hidden=REST),
    door("POST /office/concerns/<int:concern_id>", "/office/concerns/{sensitive}",
         body=SEEN | {"action": "take_up", "words": "", "outcome": ""},
         ok="auditor", hidden=REST),
    door("POST /concerns",
         body={"topic": "money", "words": "-", "about": "", "contact": "", "website": "",
               "sheet": "a sheet of its own"}, ok=REST),
    door("POST /concerns/follow", body={"code": "{code}", "words": ""}, ok=REST),
    door("POST /concerns/follow", body={"code": "{code}", "words": "-"}, ok=REST),
    door("POST /concerns/follow/words", body={"words": "-"}, idle=REST, nobody="idle"),
    door("POST /concerns/follow/close", idle=REST, nobody="idle"),
    door("POST /concerns/follow/leave", ok=REST),
    # Money in, rules, people who sign in, partners.
    door("POST /office/money-in/donations/new",
         body={"fund": "GEN", "amount": "100", "received_on": "20/11/2569", "donor": "-",
               "reference": ""}, ok="officer", refused=REST),
    door("POST /office/money-in/allocations/new",
         body={"fund": "GEN", "subcommittee": "SC5", "amount": "1", "fiscal_year": "2570"},
         ok="officer", refused=REST),
    ruled("POST /office/rules/<kind>/new", "/office/rules/purpose/new",
         body=NAMES | {"code": "NEW"}),
    ruled("POST /office/rules/<kind>/<code>/change", "/office/rules/fund/GEN/change",
         body=NAMES | LATER | {"seen_version": "{rule}"}),
    ruled("POST /office/rules/<kind>/<code>/end", "/office/rules/category/LIVING/end",
         body=LATER | {"seen_version": "{living}"}),
    ruled("POST /office/rules/limits",
         body=LATER | {"seen_version": "{limits}", "limits-0-above": "0",
                       "limits-0-signatures": "chair"}),
    ruled("POST /office/rules/targets",
         body=LATER | {"seen_version": "{targets}", "check": "2", "decide": "4", "pay": "6",
                        "receipt": "8"}),
    ruled("POST /office/rules/urgent",
         body=LATER | {"seen_version": "{lane}", "ceiling": "1,000", "ratify_within_days": "7"}),
    ruled("POST /office/rules/closed-days/new", body=NAMES | {"day": "6/3/2572"}),
    ruled("POST /office/rules/closed-days/<written>/open",
          "/office/rules/closed-days/{closed}/open"),
    ruled("POST /office/accounts/new",
          body=NAMES | {"code": "NEW", "bank": "006", "number": "9870123458", "company_id": ""}),
    ruled("POST /office/users/new",
         body={"username": "somebody", "name": "ใคร ตัวอย่าง", "organisation": ""}),
    staffed("POST /office/users/<int:person_id>/password", "/office/users/{prasit}/password",
         body=SEEN),
    staffed("POST /office/users/<int:person_id>/factor", "/office/users/{secured}/factor",
         body=SEEN),
    staffed("POST /office/users/<int:person_id>/identity", "/office/users/{secured}/identity",
         body=SEEN),
    staffed("POST /office/users/<int:person_id>/email", "/office/users/{prasit}/email",
         body=SEEN | {"email": "prasit@a.example"}),
    staffed("POST /office/users/<int:person_id>/sign-out", "/office/users/{prasit}/sign-out",
         body=SEEN),
    staffed("POST /office/users/<int:person_id>/deactivate", "/office/users/{prasit}/deactivate",
         body=SEEN),
    staffed("POST /office/users/<int:person_id>/reactivate", "/office/users/{gone}/reactivate",
         body=SEEN),
    staffed("POST /office/users/<int:person_id>/roles/new", "/office/users/{prasit}/roles/new",
         body=SEEN | {"role": "finder", "subcommittee": "", "reason": "appointed"}),
    staffed("POST /office/users/<int:person_id>/roles/<int:grant_id>/end",
         "/office/users/{prasit}/roles/{grant}/end", body=SEEN | {"reason": "resigned"}),
    door("POST /office/sessions/<int:session_id>/end", "/office/sessions/{phone}/end",
         ok="officer", hidden=REST),
    door("POST /office/sessions/end-others", ok="officer", idle=REST),
    ruled("POST /office/organisations/new",
         body=NAMES | {"code": "NEW", "kind": "{sector}"}),
    ruled("POST /office/organisations/<code>/rename", "/office/organisations/DOLE/rename",
         body=NAMES | {"seen_th": "{dole_th}", "seen_en": "{dole_en}"}),
    door("POST /password",
         body={"old": PASSWORD, "new": "a new one of mine", "again": "a new one of mine"},
         ok=REST, idle="krit", nobody="sign in"),
)  # fmt: skip


def missing_lines(portal: Portal) -> list[str]:
    """Return a line to begin with for every route that the table does not have."""
    known = {line.route for line in DOORS}
    routes = {
        f"{method} {rule.rule}"
        for rule in portal.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    return [
        *(f'door("{route}", "an address of it", hidden=REST),' for route in sorted(routes - known)),
        *(f"no such route any more: {route}" for route in sorted(known - routes)),
    ]


@dataclass(frozen=True, slots=True)
class Built:
    """The world on any engine: what is where, and a browser without a screen for each."""

    portal: Portal
    places: Mapping[str, object]
    versions: Mapping[str, int]
    tokens: Mapping[str, str]

    def visitor(self, name: str) -> Visitor:
        """Return somebody of the cast, signed in."""
        client = self.portal.app.test_client()
        assert isinstance(client, Visitor)
        if cookie := self.cookie(name):
            client.set_cookie("session", cookie)
        return client

    def cookie(self, name: str) -> str | None:
        """Return the session of somebody who signed in."""
        token = self.tokens.get(name)
        if token is None:
            return None
        serializer = SecureCookieSessionInterface().get_signing_serializer(self.portal.app)
        assert serializer is not None
        # Who they are was shown so late that no page asks for it again.
        proved_at = (now() + timedelta(days=365)).timestamp()
        return str(serializer.dumps({TOKEN: token, PROVED_AT: proved_at}))

    def address(self, line: Door) -> str:
        return line.path.format_map(self.places)

    def body(self, line: Door) -> dict[str, Any]:
        """Return what is sent: with the version that the page of that thing would have shown."""
        place = line.path.partition("{")[2].partition("}")[0]
        if not place and "pick" in line.body:
            place = str(line.body["pick"]).partition("{")[2].partition("}")[0]
        facts = {**self.places, "version": self.versions.get(place, 0)}
        sent: dict[str, Any] = {}
        for name, value in line.body.items():
            if isinstance(value, tuple):
                file_name, content = value
                sent[name] = (BytesIO(content), file_name)
            else:
                sent[name] = str(value).format_map(facts)
        return sent


@dataclass(frozen=True, slots=True)
class House(Built):
    """The world and its doors, on SQLite: what was done there can be undone."""

    snapshot: sqlite3.Connection
    file: sqlite3.Connection

    def edition(self) -> int:
        """Return a number that changes when anything in the database does."""
        return int(self.file.execute("PRAGMA data_version").fetchone()[0])

    def has_changed(self, before: int) -> bool:
        """Say whether anything did since, but how often somebody tried a password."""
        return self.edition() != before and _rows(self.file) != _rows(self.snapshot)

    def undo(self) -> None:
        """Bring the world back to where it was."""
        self.snapshot.backup(self.file)


def _rows(database: sqlite3.Connection) -> list[str]:
    return [row for row in database.iterdump() if not row.startswith('INSERT INTO "sign_in_try"')]


def build(portal: Portal) -> Built:
    """Build the world and publish its log."""
    portal.app.test_client_class = Visitor
    portal.app.extensions["provider"] = provider_at(portal.install.settings.base_url, NOWHERE)
    with writing(db.engine, portal.install.session_info()) as session:
        places, versions = _build(World(session))
        gift(World(session), IN_JANUARY)
    portal.install.publish(db.engine)
    with writing(db.engine, portal.install.session_info()) as session:
        for name, report in reports_in_every_state(World(session), portal.install).items():
            places[name], versions[name] = report.id, report.version
    portal.install.publish(db.engine)
    tokens = _sessions(portal, places)
    tiles = portal.install.folder.path / "tile"
    places["tile"] = next(path for path in tiles.rglob("*") if path.is_file()).relative_to(tiles)
    return Built(portal, places, versions, tokens)


@contextmanager
def house(portal: Portal) -> Iterator[House]:
    """Build the world and open the doors."""
    built = build(portal)
    path = db.engine.url.database
    assert path is not None
    file = sqlite3.connect(path, isolation_level=None)
    snapshot = sqlite3.connect(":memory:")
    try:
        file.backup(snapshot)
        yield House(portal, built.places, built.versions, built.tokens, snapshot, file)
    finally:
        file.close()
        snapshot.close()


def _sessions(portal: Portal, places: dict[str, object]) -> dict[str, str]:
    """Sign the cast in, the officer on a phone as well; return the tokens by their names."""
    with writing(db.engine, portal.install.session_info()) as session:
        tokens = {name: _signed_in(session, who) for name, who in CAST.items() if who}
        _signed_in(session, "malee")
        places["phone"] = session.scalar(select(func.max(WebSession.id)))
    return tokens


def _signed_in(session: Session, username: str) -> str:
    """Begin a session that is seen so late that no page writes so or ends it."""
    person_id = session.scalars(select(Person.id).where(Person.username == username)).one()
    return begin_session(session, person_id, Device("", ""), at=now() + timedelta(days=365))


def _build(world: World) -> tuple[dict[str, object], dict[str, int]]:
    """Let the cast bring something into every state."""
    requests = _requests(world, by=world.finder)
    return _built(world, requests)


def _requests(world: World, *, by: Actor) -> dict[str, FundRequest]:
    requests = {
        "draft": world.draft(by=by),
        "submitted": world.submitted(by=by),
        "declared": world.declare(world.submitted(by=by), world.somchai),
        "approved": world.approve(world.submitted(by=by), world.somchai),
        "paid": world.approve(world.submitted(by=by), world.somchai),
        "receipted": world.approve(world.submitted(by=by), world.somchai),
        "borrowed": world.approve(world.submitted(by=by), world.somchai),
    }
    urgent = replace(ANSWER, is_urgent=True, urgent_reason="-")
    requests["urgent"] = world.approve(world.submitted(by=by, answer=urgent), world.somchai)
    world.declare(requests["urgent"], world.driving)
    return requests


def _built(
    world: World, requests: Mapping[str, FundRequest]
) -> tuple[dict[str, object], dict[str, int]]:
    document = world.issued(requests["approved"])
    steps = _payments(world, requests)
    paid = steps["confirmed"]
    eid = str(requests["submitted"].log_eid)
    answer = OpeningAnswer(eid, ("reason",), Purpose.AUDIT, "ตส 1/2570")
    asked, granted = (
        ask_opening(world.session, answer, by=world.wipa, at=NOON).id for _ in range(2)
    )
    grant_opening(world.session, granted, by=world.malee, at=NOON)
    run = keep_run(
        world.session,
        (),
        Imported(0, 0),
        file_name="requests.xlsx",
        corrections=write_workbook({"คำขอ": [["ลำดับ"]]}),
        by=world.malee,
        at=NOON,
    )
    world.person(world.krit)
    batch = {"batch": world.batched(world.prepared())}
    beside = _beside_money(world, requests["submitted"])
    things: dict[str, Any] = {**requests, **steps, **batch, **beside}
    places: dict[str, object] = {name: thing.id for name, thing in things.items()}
    places |= _papers(world, requests["paid"], paid, batch["batch"])
    places |= {"document": document.id, "asked": asked, "granted": granted, "run": run.id}
    receipts = select(Receipt.id).order_by(Receipt.id)
    places["receipt"], places["voucher"] = world.session.scalars(receipts)
    places |= {"eid": eid, "paid_reference": requests["paid"].reference}
    gifts = select(Donation.reference).where(Donation.fund_code == requests["paid"].fund_code)
    places["donation"] = world.session.scalars(gifts.order_by(Donation.id)).first()
    places |= _kept(world, requests["submitted"], requests["draft"])
    places |= _told_by_the_bank(world, steps["sent"].reference, paid.reference)
    return places, {name: getattr(thing, "version", 0) for name, thing in things.items()}


def _papers(
    world: World, fund_request: FundRequest, payment: Payment, batch: PaymentBatch
) -> dict[str, object]:
    """Return papers of the worker's, and jobs of it: one that waits, one that failed for good."""
    gifts = select(Donation.reference).where(Donation.donor != "").order_by(Donation.id)
    dead = ask_sheet(world.session, SheetKind.MEMO, str(fund_request.id), by=world.malee, at=NOON)
    [held] = claim_jobs(world.session, PAPER_JOB, count=1, at=NOON)
    bury_job(world.session, held, WorkerEndedError(), at=NOON)
    about = str(fund_request.id)
    return {
        "never": "2099-01",
        "sheet": world.sheet(SheetKind.RECEIPT, payment.id).id,
        "list": world.sheet(SheetKind.REMITTANCE, batch.id, world.anong).id,
        "letter_of_thanks": world.sheet(SheetKind.THANKS, world.session.scalars(gifts).first()).id,
        "dead": dead,
        "job": ask_sheet(world.session, SheetKind.WITHDRAWAL, about, by=world.finder, at=NOON),
    }


def _payments(world: World, requests: Mapping[str, FundRequest]) -> dict[str, Payment]:
    """Bring a payment to every step; one has its receipt, and one is in a batch."""
    paid = world.prepared(requests["paid"])
    receipted = world.prepared(requests["receipted"])
    for payment in (paid, receipted):
        _take(world, payment, "release", "send", "confirm")
    world.receipted(receipted, by=world.finder, content=png())
    lent = world.prepared(requests["borrowed"], advance=Advance(AdvanceKind.WORK))
    _take(world, lent, "release", "send", "confirm")
    spent = Spent(ReceiptKind.SHOP_RECEIPT, TODAY, lent.amount, "-")
    paper = Upload(UploadKind.PDF, b"%PDF voucher")
    file_voucher(world.session, lent.id, paper, spent, by=world.finder, at=NOON)
    return {
        "lent": lent,
        "confirmed": paid,
        "came_back": _take(world, world.prepared(), "release", "send", "return"),
        "prepared": world.prepared(),
        "released": _take(world, world.prepared(channel=Channel.CASH), "release"),
        "sent": _take(world, world.prepared(), "release", "send"),
    }


def _beside_money(world: World, submitted: FundRequest) -> dict[str, Any]:
    """Bring people, referrals, follow-ups, concerns and findings into every state."""
    session = world.session
    youth_id = cases.youth(world)
    assert youth_id == submitted.youth_id
    guardian = add_guardian(
        session,
        youth_id,
        GuardianAnswer("แม่ ตัวอย่าง", Relation.MOTHER, ""),
        seen_version=session.get_one(Youth, youth_id).version,
        by=world.malee,
        at=NOON,
    )
    referrals = {
        "done_referral": cases.done(world, cases.accepted(world, cases.sent(world, youth_id))),
        "accepted": cases.accepted(world, cases.sent(world, youth_id)),
    }
    follow_ups = {
        "planned": cases.planned(world, youth_id),
        "followed_up": cases.followed_up(world, cases.planned(world, youth_id, day=TUESDAY)),
    }
    pairs = {"pair": pair(world, "ศิริพร", "สิริพร"), "merged": pair(world, "ดวงใจ", "ดวงจัย")}
    merged = pairs["merged"]
    other = session.get_one(Youth, pairs["pair"].older_id)
    record_consent(
        session,
        other.id,
        SHARED,
        seen_version=other.version,
        by=world.malee,
        at=NOON,
    )
    referrals["asked_referral"] = cases.sent(world, other.id)
    settle_pair(
        session, merged.id, Verdict.SAME, seen_version=merged.version, by=world.malee, at=NOON
    )
    gone = add_person(
        session, "gone", name="ลาออก ตัวอย่าง", organisation_code=None, by=world.admin, at=NOON
    )
    deactivate_person(session, gone, by=world.admin, at=NOON)
    return {
        "gone": gone,
        "secured": world.person(world.finder),
        "passkey": _passkey(world, world.finder),
        "prasit": world.person(world.prasit),
        "youth": session.get_one(Youth, youth_id),
        "guardian": guardian,
        **referrals,
        **follow_ups,
        **pairs,
        "finding": world.raised(),
        "concern": world.received(),
        "sensitive": world.received(ConcernTopic.CHILD),
    }


def _passkey(world: World, by: Actor) -> PersonPasskey:
    """Let somebody have an app and a passkey, and be bound; return the passkey."""
    who = Vouched(NOWHERE.issuer, "1", frozenset())
    bind_identity(world.session, who, here=0, by=by, at=NOON)
    app_of(world, by)
    made = Passkey(b"a passkey", b"its key", 0)
    add_passkey(world.session, made, "โทรศัพท์", here=0, by=by, at=NOON)
    return world.session.scalars(select(PersonPasskey)).one()


def pair(world: World, *names: str) -> YouthPair:
    """Return the pair of two records whose names sound alike."""
    before = {pair.id for pair in world.session.scalars(select(YouthPair))}
    for number, name in enumerate(names):
        one = replace(
            YOUTH,
            first_name=name,
            last_name=f"สมมติสุข{names[0]}",
            birth_on=date(2009, 3, 13 + 5 * number),
            national_id=None,
        )
        area = ANSWER.area_code
        register_youth(world.session, one, area_code=area, by=world.malee, at=NOON)
    found = world.session.scalars(select(YouthPair))
    return next(pair for pair in found if pair.id not in before)


def _kept(world: World, submitted: FundRequest, draft: FundRequest) -> dict[str, object]:
    """Return the ids of what has no version: papers, letters, terms, people and their roles."""
    session = world.session
    term = appoint_acting_chair(
        session,
        ActingAnswer("chair6", "SC5", "12/2570", TODAY, TODAY + timedelta(days=60)),
        by=world.somchai,
        at=NOON,
    )
    letter = session.scalars(select(Letter).where(Letter.to_person_id == world.somchai.person_id))
    failed = next(iter(letter))
    failed.attempts, failed.failed_at, failed.last_error = 8, NOON, "address"
    session.flush()
    close_day(session, CLOSED, name_th="วันหยุด", name_en="Closed", by=world.admin, at=NOON)
    dole = session.get_one(Organisation, "DOLE")
    told = ConcernAnswer(
        ConcernTopic.MONEY, is_about_house=False, about="", words="-", contact="", sheet="followed"
    )
    receipt = receive_concern(session, told, at=NOON)
    lane = newest_lane(session)
    assert lane is not None
    grant = select(RoleGrant.id).where(RoleGrant.person_id == world.prasit.person_id)
    return {
        "term": term.id,
        "letter": failed.id,
        "closed": CLOSED.isoformat(),
        "rule": rule_page(session, RuleKind.FUND, "GEN", day=TODAY).newest.version,
        "living": rule_page(session, RuleKind.CATEGORY, "LIVING", day=TODAY).newest.version,
        "limits": newest_limits(session)[0],
        "targets": newest_targets(session)[0],
        "lane": lane.id,
        "sector": dole.kind,
        "dole_th": dole.name_th,
        "dole_en": dole.name_en,
        "code": receipt.code,
        "grant": session.scalars(grant).one(),
        "attachment": world.attached(submitted).id,
        "draft_paper": world.attached(draft).id,
    }


def _told_by_the_bank(world: World, sent: str, paid: str) -> dict[str, object]:
    """Read a statement of an account: money out, a fee, and money that came back."""
    session, by = world.session, world.phailin
    content = statement_rows(
        (f"โอน {sent}", "1500", ""), ("ค่าธรรมเนียม", "30", ""), (f"คืนเงิน {paid}", "", "1500")
    )
    import_statement(session, ACCOUNT.code, content, name="a.csv", by=by, at=NOON)
    keys = session.scalars(select(BankLine.fingerprint).order_by(BankLine.id)).all()
    sure = matching_page(session, ACCOUNT.code, by, at=NOON).mine
    return {
        **dict(zip(("line_out", "line_fee", "line_in"), keys, strict=True)),
        "all_sure": mark([one.suggestion for one in sure]),
        "sent_reference": sent,
        "paid_payment": paid,
    }


def _take(world: World, payment: Payment, *steps: str) -> Payment:
    """Let a payment take these steps; the treasurer of the cast only confirmed one."""
    for step in steps:
        seen: dict[str, Any] = {"seen_version": payment.version, "at": NOON}
        match step:
            case "release":
                payments.release_payment(world.session, payment.id, by=world.prasit, **seen)
            case "send":
                payments.send_payment(world.session, payment.id, by=world.prasit, **seen)
            case "return":
                back = Back(payment.amount, "-", Money(1_000))
                return_payment(world.session, payment.id, back, by=world.phailin, **seen)
            case _:
                payments.confirm_payment(
                    world.session,
                    payment.id,
                    bank_reference=f"KTB{payment.id}",
                    by=world.phailin,
                    **seen,
                )
    return payment
