"""The lists of concerns and findings: what waits longest on top, and of the rest the newest."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from portal.concerns.findings import close_finding
from portal.concerns.queries import concerns
from portal.concerns.queries import findings
from portal.concerns.service import answer_concern
from tests.acts import test_concerns as of_concerns
from tests.acts import test_findings as of_findings
from tests.world import World

DAY = timedelta(days=1)


def test_the_findings_that_wait_come_first_and_then_the_newest(
    session: Session, world: World
) -> None:
    closed = [of_findings.answered(world) for _ in range(2)]
    waiting = [of_findings.answered(world), of_findings.raised(world)]
    for number, finding in enumerate(closed, 1):
        close_finding(
            session,
            finding.id,
            of_findings.FINE,
            seen_version=finding.version,
            by=world.wipa,
            at=of_findings.LATER + number * DAY,
        )
    wanted = [*reversed(waiting), *reversed(closed)]
    rows, count = findings(session, world.wipa)
    assert ([row.id for row in rows], count) == ([finding.id for finding in wanted], 4)


def test_the_concerns_that_wait_come_first_and_then_the_newest(
    session: Session, world: World
) -> None:
    told = [replace(of_concerns.TOLD, sheet=f"sheet {number}") for number in range(3)]
    waiting = of_concerns.received(world, told[0])
    answered = [of_concerns.looking(world, each) for each in told[1:]]
    for number, concern in enumerate(answered, 1):
        answer_concern(
            session,
            concern.id,
            of_concerns.FOUND,
            seen_version=concern.version,
            by=world.malee,
            at=of_concerns.LATER + number * DAY,
        )
    wanted = [waiting, *reversed(answered)]
    rows, count = concerns(session, world.malee)
    assert ([row.id for row in rows], count) == ([concern.id for concern in wanted], 3)
