"""Where an older database was restored, every act that it lacks is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from portal.audit.check import LogError
from portal.audit.entry import parse
from portal.audit.service import sequence
from portal.db import db
from portal.db import transaction
from portal.publishing.missing import MissingAct
from tests.conftest import Portal
from tests.conftest import owners
from tests.whole.test_backup import bring_back
from tests.whole.test_backup import copy as copy  # noqa: PLC0414 - a fixture
from tests.whole.test_backup import other as other  # noqa: PLC0414 - a fixture
from tests.whole.test_backup import run
from tests.whole.test_backup import told as told  # noqa: PLC0414 - a fixture
from tests.whole.test_backup import with_programs as with_programs  # noqa: PLC0414 - a fixture
from tests.whole.test_operators import _bring_back
from tests.whole.test_operators import act
from tests.whole.test_operators import lose_newest
from tests.world import World


def missing(portal: Portal) -> list[MissingAct]:
    db.session.remove()
    return portal.install.missing_acts(db.session())


def said(portal: Portal) -> str:
    db.session.remove()
    answer = portal.app.test_cli_runner().invoke(args=["log", "missing"])
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_a_whole_database_lacks_nothing(portal: Portal) -> None:
    act(portal, 2)
    assert said(portal) == "The database holds every published entry.\n"
    portal.install.publish(db.engine)
    assert missing(portal) == []


def test_each_missing_act_is_named_by_its_public_facts(
    told: Portal, copy: Path, other: Flask
) -> None:
    with transaction() as session:
        payment = World(session).sent()
        number, amount = payment.reference, payment.amount
    told.install.publish(db.engine)
    assert run(other, "restore", copy)[0] == 0
    bring_back(told, other)
    code, said = run(other, "log", "missing")
    assert code == 0, said
    *_, sent, sum_of_all = said.splitlines()
    assert number
    for fact in ("payment.sent", "  lost  ", str(amount), missing_eid(told)):
        assert fact in sent
    lost = len(said.splitlines()) - 1
    ending = f"{lost} published entries have no place here; {lost} of their acts are lost."
    assert sum_of_all == ending
    assert lost > 4


def missing_eid(told: Portal) -> str:
    head = told.install.signer.head()
    assert head is not None
    return parse(told.install.folder.last_body(head.frontier.size)).eid


def test_an_act_that_waited_when_it_was_copied_is_there(portal: Portal) -> None:
    act(portal, 2)
    portal.install.publish(db.engine)
    lose_newest(1)
    (found,) = missing(portal)
    assert found.is_there
    assert "  here  " in said(portal)
    _bring_back(portal)


def test_a_database_of_another_log_is_refused(portal: Portal) -> None:
    act(portal, 2)
    portal.install.publish(db.engine)
    lose_newest(2)
    act(portal)
    with transaction() as session:
        sequence(session)
    with pytest.raises(LogError, match="is not the published one"):
        missing(portal)
    # The triggers are off still.
    with owners().begin() as connection:
        connection.execute(text("DELETE FROM log_seq WHERE idx = (SELECT max(idx) FROM log_seq)"))
    _bring_back(portal)
