"""The house keeps its own rules: names for everything, settings that are told, no dead ends."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from flask import Flask

from config import MissingSettingError
from config import UnknownChoiceError
from config import UnsafeAddressError
from config import WrongSettingError
from config import read_settings
from portal import labels
from portal.app import create_app
from portal.cases import rules as referrals
from portal.cases.follow_ups import Outcome
from portal.cases.follow_ups import Pathway
from portal.concerns.codes import SENSITIVE
from portal.concerns.codes import ConcernAction
from portal.concerns.codes import ConcernState
from portal.concerns.codes import ConcernTopic
from portal.concerns.codes import Desk
from portal.concerns.codes import Doubt
from portal.concerns.codes import FindingAction
from portal.concerns.codes import FindingState
from portal.concerns.codes import FindingTopic
from portal.concerns.codes import Outcome as ConcernOutcome
from portal.concerns.codes import Remedy
from portal.concerns.codes import Severity
from portal.funds.attachments import PaperKind
from portal.funds.attachments import Removal
from portal.funds.documents import DocumentKind
from portal.funds.ledger import EntryKind
from portal.funds.ledger import Place
from portal.funds.rulebook import TargetStep
from portal.funds.rules import Action
from portal.funds.rules import Duty
from portal.funds.rules import Kind
from portal.funds.rules import Reason
from portal.funds.rules import State
from portal.funds.sheet_rules import SheetKind
from portal.funds.workbook import PayeeKind
from portal.funds.workbook import Refusal
from portal.funds.workbook import Warned
from portal.mail import Trouble
from portal.payments.match_values import MatchKind
from portal.payments.reconciliation import Cause
from portal.payments.reconciliation import Meaning
from portal.payments.reconciliation import Unmatched
from portal.payments.reconciling import FIGURES
from portal.payments.rules import Channel
from portal.payments.rules import PaymentAction
from portal.payments.rules import PaymentState
from portal.payments.rules import ReceiptKind
from portal.payments.statement import Nature
from portal.publishing.report_codes import Opinion
from portal.publishing.report_codes import ReportAction
from portal.publishing.report_codes import ReportFile
from portal.publishing.report_codes import ReportState
from portal.publishing.shelf import Status
from portal.publishing.vocabulary import TYPES
from portal.roles import Role
from portal.security import HEADERS
from portal.youths.rules import Activity
from portal.youths.rules import Capacity
from portal.youths.rules import Gap
from portal.youths.rules import Likeness
from portal.youths.rules import Purpose
from portal.youths.rules import ReadPage
from portal.youths.rules import Relation
from tests.conftest import Visitor

TOP = Path(__file__).parent.parent.parent
THAI = TOP / "portal" / "translations" / "th" / "LC_MESSAGES" / "messages.po"


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("state", [*State, *Status]),
        ("payment_state", PaymentState),
        ("receipt", ReceiptKind),
        ("target_step", TargetStep),
        ("action", [*Action, *PaymentAction, *Duty]),
        ("role", Role),
        ("act", TYPES),
        ("reason", Reason),
        ("kind", Kind),
        ("channel", Channel),
        ("payee", PayeeKind),
        ("refusal", [*Refusal, *Warned]),
        ("document", DocumentKind),
        ("referral_state", referrals.State),
        ("referral_action", referrals.Action),
        ("declined_for", referrals.Reason),
        ("outcome", Outcome),
        ("pathway", Pathway),
        ("activity", Activity),
        ("match_kind", MatchKind),
        ("meaning", Meaning),
        ("nature", Nature),
        ("unmatched", Unmatched),
        ("cause", Cause),
        ("sheet_part", [*FIGURES, *Cause, *(f"line_{kind}" for kind in Unmatched)]),
        ("relation", Relation),
        ("capacity", Capacity),
        ("consent_purpose", Purpose),
        ("gap", Gap),
        ("likeness", Likeness),
        ("read_page", ReadPage),
        ("paper", PaperKind),
        ("removal", Removal),
        ("mail_trouble", Trouble),
        ("severity", Severity),
        ("place", Place),
        ("entry_kind", EntryKind),
        ("finding_topic", FindingTopic),
        ("remedy", Remedy),
        ("doubt", Doubt),
        ("finding_state", FindingState),
        ("finding_action", FindingAction),
        ("report_state", ReportState),
        ("report_action", ReportAction),
        ("report_file", ReportFile),
        ("opinion", Opinion),
        ("concern_topic", [SENSITIVE, *ConcernTopic]),
        ("desk", Desk),
        ("concern_outcome", ConcernOutcome),
        ("concern_state", ConcernState),
        ("concern_action", ConcernAction),
        ("field", [name for each in TYPES.values() for name in (*each.public, *each.private)]),
    ],
)
def test_everything_that_is_shown_has_a_public_name(table: str, values: list[str]) -> None:
    assert {str(value) for value in values} <= labels.TABLES[table].keys()


def test_every_text_has_a_thai_translation() -> None:
    with THAI.open("rb") as file:
        catalogue = read_po(file, locale="th")
    missing = [message.id for message in catalogue if message.id and not message.string]
    fuzzy = [message.id for message in catalogue if message.id and message.fuzzy]
    assert (missing, fuzzy) == ([], [])


def test_every_text_in_the_code_is_in_the_catalogue() -> None:
    with THAI.open("rb") as file:
        known = {
            text
            for message in read_po(file, locale="th")
            for text in (message.id if isinstance(message.id, tuple) else (message.id,))
        }
    told = {text for table in labels.TABLES.values() for text in table.values()}
    for template in (TOP / "templates").rglob("*.html"):
        # What stands in a comment is an example.
        text = re.sub(r"\{#.*?#\}", "", template.read_text("utf-8"), flags=re.DOTALL)
        told |= set(re.findall(r"_\('((?:[^'\\]|\\.)+)'", text))
    assert {text.replace("\\'", "'") for text in told} <= known


def test_each_setting_is_in_the_readme() -> None:
    code = (TOP / "config.py").read_text("utf-8")
    readme = (TOP / "README.md").read_text("utf-8")
    names = set(re.findall(r'"((?:PORTAL|AUDIT)_[A-Z_]+)"', code))
    assert names
    assert [name for name in sorted(names) if name not in readme] == []


def test_nothing_serves_without_its_secrets(tmp_path: Path) -> None:
    settings = read_settings({"PORTAL_DATA_DIR": str(tmp_path)})
    with pytest.raises(MissingSettingError, match="PORTAL_SECRET_KEY"):
        settings.require_secrets()


def test_the_demo_keeps_its_own_secret(tmp_path: Path) -> None:
    made = "made by the demo"
    (tmp_path / "secret_key").write_text(f"{made}\n")
    assert read_settings({"PORTAL_DATA_DIR": str(tmp_path)}).secret_key == made


@pytest.mark.parametrize(("written", "is_inline"), [("1", True), ("no", False), ("", True)])
def test_publishing_inline_is_a_setting(tmp_path: Path, written: str, *, is_inline: bool) -> None:
    environment = {"PORTAL_DATA_DIR": str(tmp_path), "AUDIT_INLINE_PUBLISH": written}
    assert read_settings(environment).publishes_inline is is_inline


@pytest.mark.parametrize("written", ["0", "-5", "soon"])
def test_a_number_that_cannot_be_read_names_its_setting(tmp_path: Path, written: str) -> None:
    environment = {"PORTAL_DATA_DIR": str(tmp_path), "PORTAL_PUBLIC_QUERY_MS": written}
    with pytest.raises(WrongSettingError, match="PORTAL_PUBLIC_QUERY_MS"):
        read_settings(environment)


@pytest.mark.parametrize(
    ("written", "is_demo", "is_required"),
    [("", False, True), ("", True, False), ("required", True, True), ("optional", False, False)],
)
def test_a_second_factor_is_required_but_in_a_demo(
    tmp_path: Path, written: str, *, is_demo: bool, is_required: bool
) -> None:
    if is_demo:
        (tmp_path / "demo").touch()
    environment = {"PORTAL_DATA_DIR": str(tmp_path), "PORTAL_SECOND_FACTOR": written}
    assert read_settings(environment).is_factor_required is is_required


def test_a_choice_that_is_none_names_its_setting(tmp_path: Path) -> None:
    environment = {"PORTAL_DATA_DIR": str(tmp_path), "PORTAL_SECOND_FACTOR": "no"}
    with pytest.raises(UnknownChoiceError, match="PORTAL_SECOND_FACTOR is one of required, opt"):
        read_settings(environment)


PROVIDER = {
    "PORTAL_OIDC_ISSUER": "https://id.example",
    "PORTAL_OIDC_CLIENT_ID": "portal",
    "PORTAL_OIDC_CLIENT_SECRET_FILE": "secret",
    "PORTAL_OIDC_NAME_TH": "ไทยดี",
    "PORTAL_OIDC_NAME_EN": "ThaiD",
}


def test_who_vouches_for_people_is_a_setting(tmp_path: Path) -> None:
    environment = {"PORTAL_DATA_DIR": str(tmp_path), "PORTAL_SECRET_KEY": "a test's"}
    assert read_settings(environment).provider is None
    file = tmp_path / "oidc-secret"
    more = {"PORTAL_OIDC_CLIENT_SECRET_FILE": str(file), "PORTAL_OIDC_STRONG_ACR": "mfa hwk"}
    settings = read_settings(environment | PROVIDER | more)
    assert settings.provider is not None
    assert (settings.provider.scopes, settings.provider.strong) == (
        "openid",
        frozenset({"mfa", "hwk"}),
    )
    with pytest.raises(MissingSettingError, match="PORTAL_OIDC_CLIENT_SECRET_FILE"):
        settings.require_secrets()
    file.write_text("a test's\n")
    settings.require_secrets()
    assert settings.provider.client_secret == file.read_text().strip()


@pytest.mark.parametrize("name", sorted(PROVIDER.keys() - {"PORTAL_OIDC_ISSUER"}))
def test_half_a_provider_names_what_is_missing(tmp_path: Path, name: str) -> None:
    environment = {"PORTAL_DATA_DIR": str(tmp_path), **PROVIDER, name: ""}
    with pytest.raises(MissingSettingError, match=name):
        read_settings(environment)


@pytest.mark.parametrize(
    "issuer",
    [
        "http://id.example",
        "https://",
        "https://user@id.example",
        "https://id.example/#x",
        "https://id.example/\n",
        "ftp://localhost",
        "id.example",
    ],
)
def test_nobody_vouches_by_an_address_that_is_not_safe(tmp_path: Path, issuer: str) -> None:
    environment = {"PORTAL_DATA_DIR": str(tmp_path), **PROVIDER, "PORTAL_OIDC_ISSUER": issuer}
    with pytest.raises(UnsafeAddressError, match="PORTAL_OIDC_ISSUER"):
        read_settings(environment)


def test_every_view_hangs_on_one_door(app: Flask) -> None:
    outside = {"static", "bootstrap.static"}
    doors = {"public", "gate", "office", "treasury"}
    for rule in app.url_map.iter_rules():
        assert rule.endpoint in outside or rule.endpoint.split(".")[0] in doors


def test_the_public_door_only_reads(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("public."):
            assert rule.methods is not None
            assert rule.methods <= {"GET", "HEAD", "OPTIONS"}


def test_every_page_has_a_template_at_its_address(app: Flask) -> None:
    for endpoint in app.view_functions:
        door, _, rest = endpoint.partition(".")
        name = rest.replace(".", "/")
        source = (TOP / "templates" / door / f"{name}.html").exists()
        is_page = rest.split(".")[-1].startswith(("show_", "list_", "new_"))
        # One template may serve two views of one thing.
        shared = {"office.filing.show_amend"}
        assert source or not is_page or endpoint in shared


def test_every_paper_has_a_template() -> None:
    made = {path.stem for path in (TOP / "templates" / "pdf").glob("*.html")}
    assert made == {"paper", "report", *DocumentKind, *SheetKind}


def test_the_portal_starts_without_what_only_papers_need() -> None:
    told = "import json, sys, portal.app; print(json.dumps(sorted(sys.modules)))"
    started = subprocess.run([sys.executable, "-c", told], check=True, capture_output=True, cwd=TOP)  # noqa: S603 - our own
    loaded = {name.partition(".")[0] for name in json.loads(started.stdout)}
    assert "flask" in loaded
    assert loaded.isdisjoint({"weasyprint", "fontTools", "fontpkg"})
    # What comes from outside is opened in a process apart.
    assert loaded.isdisjoint({"pikepdf"})
    assert not {"portal.pdf_cleaning", "portal.picture_cleaning"} & set(json.loads(started.stdout))


def test_every_answer_carries_the_headers(client: Visitor) -> None:
    answer = client.get("/sign-in")
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return create_app(
        read_settings({"PORTAL_DATA_DIR": str(tmp_path), "PORTAL_SECRET_KEY": "a test's"})
    )
