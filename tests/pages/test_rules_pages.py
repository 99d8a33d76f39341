from __future__ import annotations

import re
from datetime import date
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.app import create_app
from portal.cli import set_up
from portal.cli import upgrade_quietly
from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.funds.models import ClosedDay
from portal.funds.models import SignatureRule
from portal.funds.models import Target
from portal.funds.rule_models import RuleVersion
from portal.funds.rulebook import CategoryFacts
from portal.funds.rulebook import FundFacts
from portal.funds.rulebook import Rule
from portal.funds.rulebook import RuleKind
from portal.funds.rules_forms import RuleForm
from portal.funds.rules_forms import new_form
from portal.funds.rules_in_force import rules_on
from portal.funds.rules_page import newest_lane
from portal.funds.ruling import Ending
from portal.funds.ruling import NewRule
from portal.funds.ruling import add_rule
from portal.funds.ruling import retire_rule
from portal.people.passwords import set_password
from portal.people.planned import Planned
from portal.thai import bangkok_day
from tests.conftest import PASSWORD
from tests.conftest import PROVINCE
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.conftest import settings_of
from tests.planned import confirmed
from tests.planned import shown
from tests.world import FOUNDED
from tests.world import World

LIVING = "/en/office/rules/category/LIVING"
BUTTONS = re.compile(r'/office/rules/[^"]*(?:/new|/change|/end|/limits|/targets|/urgent|/open)"')


def typed(day: date) -> str:
    return f"{day.day}/{day.month}/{day.year + 543}"


def today() -> date:
    return bangkok_day(now())


def newest(kind: RuleKind, code: str) -> Rule:
    with Session(db.engine) as session:
        return rules_on(session, None)[kind, code]


def living(**typed_otherwise: object) -> dict[str, object]:
    """What a browser sends of the category, as its form is filled in."""
    rule = newest(RuleKind.CATEGORY, "LIVING")
    facts = rule.facts
    assert isinstance(facts, CategoryFacts)
    return {
        "seen_version": rule.version,
        "valid_from": typed(today()),
        "name_th": facts.name_th,
        "name_en": facts.name_en,
        "ceiling": str(facts.ceiling),
        "usual": "1,000\n1,500\n2,000",
        "unit_th": facts.unit_th,
        "unit_en": facts.unit_en,
        "serves": facts.serves,
        "subcommittees": list(facts.subcommittees),
        "purpose_code": facts.purpose_code,
        "papers": "\n".join(f"{paper.th} | {paper.en}" for paper in facts.papers),
        **typed_otherwise,
    }


@pytest.mark.parametrize("username", ["finder1", "malee", "chair5", "anong", "wipa", "admin"])
def test_everybody_reads_the_rules_and_the_administrator_has_the_buttons(
    client: Visitor, username: str
) -> None:
    client.sign_in(username)
    for language in ("", "/en"):
        for path in ("/office/rules", "/office/rules/category/LIVING", "/office/rules/fund/GEN"):
            page = client.get(language + path)
            assert page.status_code == 200
            assert bool(BUTTONS.search(page.text)) == (username == "admin")


def test_a_change_is_shown_before_and_after_and_then_set(client: Visitor) -> None:
    client.sign_in("admin")
    assert 'value="6,000"' in client.get(f"{LIVING}/change").text
    data = living(ceiling="7,000")
    page = shown(client, f"{LIVING}/change", data)
    for said in ("6,000 baht", "7,000 baht", "At most for one request"):
        assert said in page
    answer = confirmed(client, f"{LIVING}/change", data)
    assert (answer.status_code, answer.location) == (303, "/en/office/rules/category/LIVING")
    page = client.get(answer.location).text
    assert "Written by administrator" in page
    with Session(db.engine) as session:
        version = session.get_one(RuleVersion, newest(RuleKind.CATEGORY, "LIVING").version)
    assert f"/en/v#{version.log_eid}" in page


def test_what_is_typed_after_the_plan_is_shown_again(client: Visitor) -> None:
    client.sign_in("admin")
    page = shown(client, f"{LIVING}/change", living(ceiling="7,000"))
    mark = re.findall(r'name="confirmed" value="(\w+)"', page)[0]
    other = living(ceiling="70,000", confirmed=mark)
    answer = client.post(f"{LIVING}/change", data=other)
    assert (answer.status_code, "70,000 baht" in answer.text) == (422, True)
    facts = newest(RuleKind.CATEGORY, "LIVING").facts
    assert isinstance(facts, CategoryFacts)
    assert facts.ceiling_satang == 600_000


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"ceiling": "0"}, "The amount must be more than zero."),
        ({"ceiling": "much"}, "Write the amount in baht"),
        ({"usual": "lots"}, "Write the amount in baht"),
        ({"usual": "9,000"}, "is over the ceiling"),
        ({"papers": "สำเนาบัตร"}, "Write both names of each paper"),
        ({"subcommittees": []}, "Tick at least one."),
        ({"serves": "cats"}, "Choose one of the list."),
        ({"valid_from": "1/1/2569"}, "lies in the past"),
        ({"valid_from": "soon"}, "Write the date like"),
        ({}, "Nothing would change."),
    ],
)
def test_nonsense_is_refused_with_a_sentence(
    client: Visitor, wrong: dict[str, object], sentence: str
) -> None:
    client.sign_in("admin")
    answer = client.post(f"{LIVING}/change", data=living(**wrong))
    assert (answer.status_code, sentence in answer.text) == (422, True)


def test_a_fund_is_given_another_name(client: Visitor) -> None:
    client.sign_in("admin")
    url = "/en/office/rules/fund/GEN/change"
    assert client.get(url).status_code == 200
    rule = newest(RuleKind.FUND, "GEN")
    data = {
        "seen_version": rule.version,
        "valid_from": typed(today()),
        "name_th": "กองทุนทั่วไป",
        "name_en": "General purposes",
    }
    assert confirmed(client, url, data).status_code == 303
    client.post("/sign-out")
    client.sign_in("malee")
    assert "General purposes" in client.get("/en/office/rules").text


def test_an_old_page_changes_nothing(client: Visitor) -> None:
    client.sign_in("admin")
    answer = client.post(f"{LIVING}/change", data=living(ceiling="7,000", seen_version="1"))
    assert answer.status_code == 409


def test_a_change_for_later_is_told_and_can_be_replaced(client: Visitor) -> None:
    client.sign_in("admin")
    later = today() + timedelta(days=40)
    data = living(ceiling="7,000", valid_from=typed(later))
    assert confirmed(client, f"{LIVING}/change", data).status_code == 303
    assert "A change is set from" in client.get(LIVING).text
    assert "changes on" in client.get("/en/office/rules").text
    page = client.get(f"{LIVING}/change").text
    assert typed(later) in page
    assert 'value="7,000"' in page


NEW: dict[str, dict[str, object]] = {
    "subcommittee": {"short_th": "ใหม่"},
    "purpose": {},
    "fund": {"is_restricted": "y"},
    "category": {
        "ceiling": "1,000",
        "unit_th": "ครั้ง",
        "unit_en": "time",
        "serves": "any",
        "subcommittees": ["SC1"],
        "purpose_code": "STAY",
        "is_urgent": "y",
    },
}


@pytest.mark.parametrize("kind", RuleKind)
def test_each_kind_of_rule_is_added(client: Visitor, kind: RuleKind) -> None:
    client.sign_in("admin")
    url = f"/en/office/rules/{kind}/new"
    assert client.get(url).status_code == 200
    data = {"code": "NEW1", "name_th": "ของใหม่", "name_en": "Something new", **NEW[kind]}
    assert confirmed(client, url, data).status_code == 303
    assert "Something new" in client.get("/en/office/rules").text
    assert client.get(f"/en/office/rules/{kind}/NEW1").status_code == 200
    again = client.post(url, data=data)
    assert (again.status_code, "The code NEW1 is taken." in again.text) == (422, True)
    odd = client.post(url, data={**data, "code": "new 1"})
    assert (odd.status_code, "Capital letters" in odd.text) == (422, True)


def test_a_rule_ends_after_its_end_was_shown(client: Visitor, made: Maker) -> None:
    facts = FundFacts("กองทุนว่าง", "Empty fund", is_restricted=False)
    made(lambda world: add_rule(
        world.session, NewRule(RuleKind.FUND, "EMPTY", facts), by=world.admin, at=now()
    ))  # fmt: skip
    client.sign_in("admin")
    url = "/en/office/rules/fund/EMPTY/end"
    assert client.get(url).status_code == 200
    version = newest(RuleKind.FUND, "EMPTY").version
    later = today() + timedelta(days=9)
    data = {"valid_from": typed(later), "seen_version": version}
    assert confirmed(client, url, data).status_code == 303
    assert "This ends on" in client.get("/en/office/rules/fund/EMPTY").text
    refused = client.post("/en/office/rules/fund/GEN/end", data={**data, "seen_version": 0})
    assert refused.status_code == 409
    seen = newest(RuleKind.FUND, "GEN").version
    refused = client.post("/en/office/rules/fund/GEN/end", data={**data, "seen_version": seen})
    assert (refused.status_code, "GEN still holds" in refused.text) == (422, True)


def test_what_has_ended_is_shown_and_offered_no_more(client: Visitor, made: Maker) -> None:
    def end(world: World) -> None:
        facts = FundFacts("กองทุนว่าง", "Empty fund", is_restricted=False)
        add_rule(world.session, NewRule(RuleKind.FUND, "EMPTY", facts), by=world.admin, at=now())
        version = rules_on(world.session, None)[RuleKind.FUND, "EMPTY"].version
        ending = Ending(RuleKind.FUND, "EMPTY", today(), version)
        retire_rule(world.session, ending, by=world.admin, at=now())

    made(end)
    client.sign_in("admin")
    page = client.get("/en/office/rules/fund/EMPTY").text
    assert ("This has ended." in page, "/EMPTY/change" in page) == (True, False)
    client.post("/sign-out")
    client.sign_in("malee")
    request_id = made(lambda world: world.draft().id)
    offered = client.get(f"/en/office/requests/{request_id}/amend").text
    assert ("Empty fund" in offered, 'value="GEN"' in offered) == (False, True)


def limits(*above: str, **more: str) -> dict[str, str]:
    with Session(db.engine) as session:
        seen = max(session.scalars(select(SignatureRule.id)))
    rows = {
        f"limits-{number}-{name}": value
        for number, amount in enumerate(above)
        for name, value in (
            ("above", amount),
            ("signatures", "chair,board" if number else "chair"),
            ("subcommittee", ""),
            ("fund", ""),
        )
    }
    return {"seen_version": str(seen), "valid_from": typed(today()), **rows, **more}


def test_limits_are_set_as_a_whole_table(client: Visitor) -> None:
    client.sign_in("admin")
    url = "/en/office/rules/limits"
    page = client.get(url).text
    assert len(re.findall(r'name="limits-\d+-above"', page)) == 6
    gap = client.post(url, data=limits("100"))
    assert (gap.status_code, "a limit above 0 baht is missing" in gap.text) == (422, True)
    odd = client.post(url, data=limits("0", "much"))
    assert (odd.status_code, "Write the amount in baht" in odd.text) == (422, True)
    assert client.post(url, data=limits("0", seen_version="1")).status_code == 409
    data = limits("0", "", "2,000")
    assert confirmed(client, url, data).status_code == 303
    with Session(db.engine) as session:
        rows = session.scalars(
            select(SignatureRule).where(SignatureRule.valid_from == today())
        ).all()
    assert [(row.above_satang, row.signatures) for row in rows] == [
        (0, "chair"),
        (200_000, "chair,board"),
    ]
    assert "Limits from" in client.get("/en/office/rules").text


def test_targets_are_set(client: Visitor) -> None:
    client.sign_in("admin")
    url = "/en/office/rules/targets"
    assert client.get(url).status_code == 200
    with Session(db.engine) as session:
        seen = max(session.scalars(select(Target.id)))
    days = {"check": 1, "decide": 3, "pay": 9, "receipt": 12}
    data = {"seen_version": seen, "valid_from": typed(today()), **days}
    assert client.post(url, data={**data, "pay": "x"}).status_code == 422
    assert client.post(url, data={**data, "pay": 99}).status_code == 422
    assert confirmed(client, url, data).status_code == 303
    page = client.get("/en/office/rules").text
    assert page.count("Targets from") == 1


def test_the_urgent_lane_is_set(client: Visitor) -> None:
    client.sign_in("admin")
    url = "/en/office/rules/urgent"
    with Session(db.engine) as session:
        lane = newest_lane(session)
    assert lane is not None
    page = client.get(url).text
    assert f'value="{lane.lane.ceiling}"' in page
    assert "/en/office/rules/category/EMERGENCY" in page
    data = {
        "seen_version": lane.id,
        "valid_from": typed(today() + timedelta(days=9)),
        "ceiling": "7,777",
        "ratify_within_days": 7,
    }
    assert client.post(url, data={**data, "seen_version": 0}).status_code == 409
    for wrong, sentence in (
        ({"ratify_within_days": "x"}, "Days to ratify"),
        ({"ratify_within_days": 91}, "ratifies within 1 to 90 days"),
        ({"ceiling": "0"}, "The amount must be more than zero."),
    ):
        answer = client.post(url, data={**data, **wrong})
        assert (answer.status_code, sentence in answer.text) == (422, True)
    page = shown(client, url, data)
    numbers = re.findall(r'data-label="(?:Before|After)">([\d,]+)', page)
    assert numbers == ["10,000", "7,777", "15", "7"]
    assert confirmed(client, url, data).status_code == 303
    page = client.get("/en/office/rules").text
    assert page.count("Urgent lane from") == 2
    assert "7,777" in page
    assert f'value="{data["valid_from"]}"' in client.get(url).text


def test_where_no_urgent_lane_was_founded_the_first_one_is_set(tmp_path: Path) -> None:
    file, folder = tmp_path / "province.toml", tmp_path / "instance"
    founded = PROVINCE.read_text("utf-8")
    file.write_text(re.sub(r"(?ms)^\[urgent\]$.*?^$", "", founded), "utf-8")
    app = create_app(settings_of(folder, f"sqlite:///{folder / 'portal.sqlite'}"))
    app.config["WTF_CSRF_ENABLED"] = False
    app.test_client_class = Visitor
    with app.app_context():
        upgrade_quietly()
        set_up(file, at=FOUNDED)
        with transaction() as session:
            set_password(session, "admin", PASSWORD, at=FOUNDED)
        client = app.test_client()
        assert isinstance(client, Visitor)
        client.sign_in("admin")
        assert "There is no urgent lane." in client.get("/en/office/rules").text
        url = "/en/office/rules/urgent"
        data = {"seen_version": 0, "valid_from": typed(today()), "ceiling": "5,000"}
        assert client.get(url).status_code == 200
        assert confirmed(client, url, {**data, "ratify_within_days": 9}).status_code == 303
        assert "Urgent lane from" in client.get("/en/office/rules").text
        Portal(app, app.extensions["install"]).verify()
        db.engine.dispose()
        app.extensions["install"].vault.close()


def test_a_day_is_closed_and_taken_back(client: Visitor) -> None:
    client.sign_in("admin")
    day = today() + timedelta(days=3)
    url = "/en/office/rules/closed-days/new"
    assert client.get(url).status_code == 200
    data = {"day": typed(day), "name_th": "งานประจำปี", "name_en": "The yearly fair"}
    past = client.post(url, data={**data, "day": typed(today())})
    assert (past.status_code, "before it comes" in past.text) == (422, True)
    assert confirmed(client, url, data).status_code == 303
    assert "The yearly fair" in client.get("/en/office/rules").text
    back = f"/en/office/rules/closed-days/{day}/open"
    assert "The yearly fair" in client.get(back).text
    assert client.post(back).status_code == 303
    with Session(db.engine) as session:
        assert session.get(ClosedDay, day) is None
    for wrong in (back, "/en/office/rules/closed-days/never/open"):
        assert client.get(wrong).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/category/new",
        "/category/LIVING/change",
        "/category/LIVING/end",
        "/limits",
        "/targets",
        "/urgent",
        "/closed-days/new",
    ],
)
def test_the_forms_are_the_administrators(client: Visitor, path: str) -> None:
    for username in ("malee", "wipa", "anong", "chair5"):
        client.sign_in(username)
        assert client.get(f"/office/rules{path}").status_code == 403
        client.post("/sign-out")
    assert client.get(f"/office/rules{path}").status_code == 302


@pytest.mark.parametrize("path", ["/cats/new", "/cats/TOM", "/fund/NONE", "/fund/NONE/change"])
def test_a_rule_that_is_none_is_not_found(client: Visitor, path: str) -> None:
    client.sign_in("admin")
    assert client.get(f"/office/rules{path}").status_code == 404


def test_a_form_says_itself_what_it_asks(portal: Portal) -> None:
    with portal.app.test_request_context("/office/rules/fund/new"):
        for ask in (Planned().answer, RuleForm().facts):
            with pytest.raises(NotImplementedError):
                ask()
        assert new_form(RuleKind.FUND).answer() == NewRule(
            RuleKind.FUND, "", FundFacts("", "", is_restricted=False)
        )
