"""The first page of the auditor and of the administrator: what waits, each with its link."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.clock import now
from portal.funds.ruling_tables import LimitTable
from portal.funds.ruling_tables import set_limits
from portal.people.openings import grant_opening
from portal.reports.models import Report
from portal.thai import bangkok_day
from tests import cases
from tests.acts import test_concerns as concerns
from tests.acts import test_findings as findings
from tests.acts import test_letters as letters
from tests.acts import test_openings as openings
from tests.acts.test_home import overridden
from tests.acts.test_jobs import buried
from tests.acts.test_ruling import DAY
from tests.acts.test_ruling import LIMITS
from tests.acts.test_ruling import last_limit
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Publish
from tests.conftest import Visitor
from tests.reporting import SECOND
from tests.reporting import answered
from tests.reporting import gift
from tests.reporting import prepared
from tests.reporting import published
from tests.world import NOON
from tests.world import World


def watched(world: World) -> None:
    findings.answered(world)
    concerns.received(world, concerns.STAFF)
    overridden(world)
    opening = openings.asked(world)
    grant_opening(world.session, opening.id, by=world.malee, at=opening.asked_at)


def test_the_auditor_opens_each_from_the_first_page(client: Visitor, made: Maker) -> None:
    made(watched)
    page = client.sign_in("wipa").get("/en/office/").text
    for heading, address in (
        ("Findings that were answered", "/en/office/findings/1"),
        ("Concerns at your desk", "/en/office/concerns/1"),
        ("Checks that were answered for", "/en/office/requests/3"),
        ("Sealed values that you asked to open", "/en/office/openings"),
        ("Latest requests", "/en/office/requests"),
    ):
        assert heading in page
        assert f'href="{address}"' in page
        assert client.get(address).status_code == 200
    assert "Granted: the file can be fetched" in page
    assert "Nothing waits for you" not in page


def broken(world: World) -> None:
    buried(world.session, world)
    letters.failed_letter(world)
    assert world.krit.person_id
    openings.asked(world)
    later = LimitTable(LIMITS, bangkok_day(now()) + DAY, last_limit(world.session))
    set_limits(world.session, later, by=world.admin, at=NOON)


def test_the_administrator_opens_each_from_the_first_page(client: Visitor, made: Maker) -> None:
    made(broken)
    page = client.sign_in("admin").get("/en/office/").text
    for heading, address in (
        ("Failed jobs", "/en/office/jobs/failed"),
        ("Messages that could not be mailed", "/en/office/outbox"),
        ("People who cannot work yet", "/en/office/users"),
        ("Rules that begin soon", "/en/office/rules"),
        ("Sealed values that an auditor asks to open", "/en/office/openings"),
    ):
        assert heading in page
        assert f'href="{address}' in page
        assert client.get(address).status_code == 200
    assert ("holds no role" in page, "Approval limits" in page) == (True, True)
    assert "Latest requests" not in page


@pytest.mark.parametrize(
    ("username", "words"), [("wipa", "late ratifications"), ("admin", "Failed jobs, undelivered")]
)
def test_an_empty_page_says_what_would_be_there(client: Visitor, username: str, words: str) -> None:
    page = client.sign_in(username).get("/en/office/").text
    assert "Nothing waits for you." in page
    assert words in page


@pytest.fixture
def december(publish: Publish) -> None:
    """An entry of December is published: November is over."""
    publish(lambda world: gift(world, SECOND - timedelta(days=1)))


def heading_of(client: Visitor, username: str) -> str:
    """Return what the first page of somebody says of a report, if it does."""
    page = client.sign_in(username).get("/en/office/").text
    _, _, told = page.partition('<section class="waits" aria-labelledby="reports_')
    return told.partition("</section>")[0].replace("\xa0", " ")


@pytest.mark.usefixtures("december")
def test_a_report_waits_for_the_auditor_and_then_for_the_driving_chair(
    portal: Portal, client: Visitor, publish: Publish
) -> None:
    publish(lambda world: prepared(world, portal.install))
    told = heading_of(client, "wipa")
    assert "Reports to answer" in told
    assert (
        'href="/en/office/reports/1">R-2026-11-1</a><span class="sub">November 2026</span>' in told
    )
    assert "2 Dec 2026" in told
    assert heading_of(client, "driving") == heading_of(client, "malee") == ""
    publish(lambda world: answered(world, world.session.scalars(select(Report)).one()))
    told = heading_of(client, "driving")
    assert "Reports to publish" in told
    assert "3 Dec 2026" in told
    assert heading_of(client, "wipa") == ""
    publish(lambda world: published(world, world.session.scalars(select(Report)).one()))
    assert heading_of(client, "driving") == ""


@pytest.mark.usefixtures("december")
def test_of_two_editions_the_newest_waits(
    portal: Portal, client: Visitor, publish: Publish
) -> None:
    publish(lambda world: answered(world, prepared(world, portal.install)))
    publish(lambda world: prepared(world, portal.install, word="2"))
    assert heading_of(client, "driving") == ""
    assert "R-2026-11-2" in heading_of(client, "wipa")


def asked_after(world: World) -> int:
    """Somebody whom a finder registered, and is to ask after."""
    fund_request = world.submitted(by=world.finder, answer=cases.SOMEBODY_ELSE)
    assert fund_request.youth_id is not None
    return cases.planned(world, cases.agreed(world, fund_request.youth_id)).id


def test_who_works_on_cases_finds_them(client: Visitor, made: Maker) -> None:
    made(lambda world: cases.sent(world).id)
    page = client.sign_in("finder2").get("/en/office/").text
    assert "Referrals to answer" in page
    assert 'href="/en/office/referrals/1"' in page
    made(asked_after)
    page = client.sign_in("finder1").get("/en/office/").text
    assert "Say how the person is" in page


def test_others_find_their_matters_too_and_no_word_of_the_house(
    client: Visitor, made: Maker
) -> None:
    made(lambda world: concerns.received(world).id)
    page = client.sign_in("malee").get("/en/office/").text
    assert "Concerns at your desk" in page
    page = client.sign_in("anong").get("/en/office/").text
    assert "Concerns at your desk" not in page
    assert "Nothing waits for you." not in page
