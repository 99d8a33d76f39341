"""Migrations make the tables that the models describe, go down again, and know nothing of us."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask_migrate import downgrade
from flask_migrate import upgrade
from sqlalchemy import inspect
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.cli import set_up
from portal.db import Base
from portal.db import db
from portal.db import writing
from portal.funds.rule_models import RuleVersion
from portal.youths.reads import note_read
from portal.youths.rules import ReadPage
from tests.conftest import PROVINCE
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import owners
from tests.whole.test_private_fields import opened
from tests.world import FOUNDED
from tests.world import NOON
from tests.world import World

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def only_ours(_item: object, name: str | None, kind: str, *_: object) -> bool:
    """PostgreSQL computes the leaf hash in a column that the models do not know."""
    return not (kind == "column" and name == "leaf")


def test_the_tables_are_what_the_models_say(portal: Portal) -> None:
    assert portal.app.config["MIGRATIONS_DIR"] == str(MIGRATIONS)
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": only_ours})
        assert compare_metadata(context, Base.metadata) == []


def test_the_way_down_and_up_again_is_whole(portal: Portal) -> None:
    db.session.remove()
    downgrade(directory=str(MIGRATIONS), revision="base")
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
    upgrade(directory=str(MIGRATIONS))
    for path in sorted(portal.install.folder.path.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (portal.install.settings.data_dir / "signer" / "signer.sqlite").unlink()
    vars(portal.install).pop("signer", None)
    assert "is set up" in set_up(PROVINCE, at=FOUNDED)


def versions() -> list[tuple[object, ...]]:
    with Session(db.engine) as session:
        rows = session.execute(
            select(
                RuleVersion.kind,
                RuleVersion.code,
                RuleVersion.valid_from,
                RuleVersion.facts,
                RuleVersion.is_retired,
            ).order_by(RuleVersion.kind, RuleVersion.code)
        )
        return [tuple(row) for row in rows]


def test_rules_of_before_they_had_versions_hold_from_the_founding_on(portal: Portal) -> None:
    assert portal.install.has_log
    before = versions()
    downgrade(directory=str(MIGRATIONS), revision="0014-1")
    assert "rule_version" not in inspect(db.engine).get_table_names()
    upgrade(directory=str(MIGRATIONS))
    assert versions() == before
    assert len(before) > 30


def test_what_was_read_is_kept_when_its_page_is_known_no_more(made: Maker) -> None:
    def read(world: World) -> None:
        youth_id = world.draft().youth_id
        assert youth_id
        for page in (ReadPage.RECORD, ReadPage.PAYMENT):
            note_read(world.session, youth_id, page=page, by=world.wipa, at=NOON)

    def pages() -> list[tuple[int, str]]:
        with db.engine.connect() as connection:
            found = connection.execute(text("SELECT id, page FROM record_read ORDER BY id"))
            return [(row.id, row.page) for row in found]

    made(read)
    before = pages()
    downgrade(directory=str(MIGRATIONS), revision="0015")
    assert [page for _id, page in pages()] == ["record", "request"]
    upgrade(directory=str(MIGRATIONS))
    # What later migrations brought for the public is folded anew.
    with owners().begin() as connection:
        connection.execute(text("UPDATE published_position SET fold_version = 0"))
    assert [number for number, _page in pages()] == [number for number, _page in before]
    made(read)
    assert [page for _id, page in pages()] == ["record", "request", "payment"]
    with pytest.raises(DBAPIError), owners().begin() as connection:
        connection.execute(text("DELETE FROM record_read"))


def test_private_fields_open_on_the_way_down_and_up_again(portal: Portal) -> None:
    act(portal)
    before = opened(portal)
    assert len(before) > 100
    downgrade(directory=str(MIGRATIONS), revision="0036")
    assert "eid" in [column["name"] for column in inspect(db.engine).get_columns("private_field")]
    upgrade(directory=str(MIGRATIONS))
    assert opened(portal) == before
    act(portal)
    assert opened(portal).items() > before.items()
    with pytest.raises(DBAPIError, match="append-only"), owners().begin() as connection:
        connection.execute(text("UPDATE private_field SET field = 'x'"))


def act(portal: Portal) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        World(session).submitted()


def test_the_newest_migration_is_named_and_none_imports_the_portal() -> None:
    files = sorted((MIGRATIONS / "versions").glob("[0-9]*.py"))
    assert files[-1].stem == (MIGRATIONS / ".head").read_text("utf-8").strip()
    for path in files:
        assert "portal." not in path.read_text("utf-8").replace("public.", "")
