"""The open data are what the log tells, whole, valid by outside judges, and name nobody."""

from __future__ import annotations

import csv
import hashlib
import json
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from flask_babel import force_locale
from jsonschema import Draft202012Validator
from jsonschema import FormatChecker
from openpyxl import load_workbook
from referencing import Registry
from referencing import Resource
from referencing.jsonschema import DRAFT202012
from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.db import db
from portal.db import writing
from portal.funds.rulebook import RuleKind
from portal.people.queries import actor
from portal.publishing.figures import figures
from portal.publishing.grants_json import Registered
from portal.publishing.models import PublishedPosition
from portal.publishing.open_build import build
from portal.publishing.open_build import build_if_newer
from portal.publishing.open_schema import TABLES
from portal.publishing.open_versions import Versions
from portal.publishing.service import TABLES as PUBLISHED
from portal.publishing.vocabulary import TYPES
from portal.worker import open_place
from tests.acts.test_ruling import change
from tests.conftest import Maker
from tests.conftest import Portal
from tests.moved import everything_that_moves_money
from tests.opened import YEAR_OVER
from tests.opened import beat
from tests.opened import concerns
from tests.opened import current
from tests.opened import opened
from tests.opened import table
from tests.whole.test_leaks import unpacked
from tests.world import FILE_NAME
from tests.world import NOON
from tests.world import SECRETS
from tests.world import World

STANDARD = Path(__file__).parent.parent / "standards" / "360giving"
Grant = dict[str, object]


def project(world: World) -> None:
    world.approve(world.submitted_project(), actor(world.session, "chair1"))


@pytest.fixture
def folder(portal: Portal, made: Maker) -> Path:
    """The open data after money of every kind, a project, and a year that is over."""
    opened(portal, made, everything_that_moves_money, project, concerns, beat)
    return current(portal)


def baht(rows: list[dict[str, str]], column: str) -> Decimal:
    return sum((Decimal(row[column]) for row in rows), Decimal(0))


def test_the_tables_add_up_to_the_public_figures(folder: Path) -> None:
    grants, payments = table(folder, "grants"), table(folder, "payments")
    with Session(db.engine) as session:
        told = figures(session)
    # Of what bounced the bank kept 10.01 baht; it was awarded, and is nobody's now.
    assert baht(grants, "awarded_baht") == Decimal(told.approved.satang - 1001) / 100
    assert baht(grants, "disbursed_baht") == Decimal(told.disbursed.satang) / 100
    assert baht(payments, "amount_baht") == Decimal(told.disbursed.satang) / 100
    assert baht(table(folder, "allocations"), "amount_baht") == Decimal(told.allocated.satang) / 100
    assert baht(table(folder, "donations"), "amount_baht") == Decimal(told.received.satang) / 100
    paid: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in payments:
        paid[row["grant"]] += Decimal(row["amount_baht"])
    disbursed = {row["grant"]: Decimal(row["disbursed_baht"]) for row in grants}
    assert {grant: paid[grant] for grant in disbursed} == disbursed
    assert {row["recipient"] for row in grants} == {"youth", "project"}


def test_every_code_has_a_name(folder: Path) -> None:
    named = {(row["kind"], row["code"]) for row in table(folder, "codes")}
    for told in TABLES.values():
        for column in told.columns:
            if column.codes:
                used = {row[column.name] for row in table(folder, told.name)}
                assert {(column.codes, code) for code in used} <= named, column.name
    counted = {(row["subject"], row["code"]) for row in table(folder, "counts")}
    assert {each for each in counted if each[1] != "total"} <= named


def faults(folder: Path) -> set[str]:
    """Return the kinds of fault that frictionless finds.

    It runs apart, as it widens the limit of Python's own CSV reader for the whole process.
    """
    command = [sys.executable, "-m", "frictionless", "validate", "--json", "datapackage.json"]
    answer = subprocess.run(command, cwd=folder, capture_output=True, check=False)  # noqa: S603
    report = json.loads(answer.stdout)
    assert {task["name"] for task in report["tasks"]} == set(TABLES)
    assert report["valid"] == (answer.returncode == 0)
    every = [*report["errors"], *(error for task in report["tasks"] for error in task["errors"])]
    return {error["type"] for error in every}


def test_frictionless_finds_no_fault(folder: Path) -> None:
    assert faults(folder) == set()
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    assert package["$schema"].endswith("/2.0/datapackage.json")
    assert all(
        field["title"] for each in package["resources"] for field in each["schema"]["fields"]
    )


def test_frictionless_would_find_a_fault(folder: Path) -> None:
    path = folder / "payments.csv"
    path.write_text(path.read_text("utf-8").replace("RYG-2570-000001", "RYG-2570-999999"), "utf-8")
    assert {"foreign-key", "hash-count"} <= faults(folder)


def validator() -> Draft202012Validator:
    grant = json.loads((STANDARD / "360-giving-schema.json").read_text("utf-8"))
    package = json.loads((STANDARD / "360-giving-package-schema.json").read_text("utf-8"))
    address = "https://raw.githubusercontent.com/ThreeSixtyGiving/standard/{}/schema/360-giving-schema.json"
    known = Resource.from_contents(grant, default_specification=DRAFT202012)
    registry = Registry().with_resources(
        [(address.format(version), known) for version in ("1.4.2", "1.4.3")]
    )
    return Draft202012Validator(package, registry=registry, format_checker=FormatChecker())


def codelist(name: str) -> set[str]:
    with (STANDARD / "codelists" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {row["Code"] for row in csv.DictReader(file)}


def values(value: object, *names: str) -> Iterator[object]:
    """Give everything that stands under these names, however deep."""
    if isinstance(value, dict):
        yield from (each for name, each in value.items() if name in names)
        for each in value.values():
            yield from values(each, *names)
    if isinstance(value, list):
        for each in value:
            yield from values(each, *names)


def test_360giving_finds_no_fault(folder: Path) -> None:
    package = json.loads((folder / "grants.json").read_text("utf-8"))
    assert [error.message for error in validator().iter_errors(package)] == []
    grants = package["grants"]
    assert len(grants) == len(table(folder, "grants"))
    assert len({grant["id"] for grant in grants}) == len(grants)
    # What the schema lets pass: years of the Buddhist era, unknown codes, long titles.
    days = [*values(package, "awardDate", "transactionDate", "issued", "modified", "dateModified")]
    assert {str(day)[:4] for day in days} <= {"2026", "2027"}
    assert set(values(package, "locationScope")) <= codelist("locationScope")
    assert set(values(package, "countryCode")) <= codelist("countryCode")
    assert set(values(package, "currency")) <= codelist("currency")
    assert all(len(str(title)) <= 140 for title in values(grants, "title"))
    amounts = {grant["id"]: grant["amountDisbursed"] for grant in grants}
    paid = {
        grant["id"]: sum(each["value"] for each in grant["disbursementTransaction"])
        for grant in grants
    }
    assert paid == pytest.approx(amounts)


def test_360giving_would_find_a_fault(folder: Path) -> None:
    package = json.loads((folder / "grants.json").read_text("utf-8"))
    package["grants"][0]["awardDate"] = "20/11/2569"
    del package["grants"][1]["fundingOrganization"]
    assert len([*validator().iter_errors(package)]) == 2


def test_an_individual_has_no_name_no_place_and_no_second_grant(folder: Path) -> None:
    package = json.loads((folder / "grants.json").read_text("utf-8"))
    people = [grant for grant in package["grants"] if "recipientIndividual" in grant]
    assert people
    assert {grant["recipientIndividual"]["name"] for grant in people} == {"Individual recipient"}
    assert len({grant["recipientIndividual"]["id"] for grant in people}) == len(people)
    assert set(values(package, "geoCode")) == {"TH-21"}
    assert [*values(package, "latitude", "longitude", "postalCode", "streetAddress")] == []
    for grant in people:
        assert "recipientOrganization" not in grant
        assert "plannedDates" not in grant


def test_workbook_and_database_hold_the_same(folder: Path) -> None:
    workbook = load_workbook(folder / "open-data.xlsx", read_only=True)
    with closing(sqlite3.connect(folder / "open-data.sqlite")) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        for name, told in TABLES.items():
            rows = table(folder, name)
            sheet = [*workbook[name].iter_rows(values_only=True)]
            assert sheet[0] == tuple(column.title.th for column in told.columns)
            assert len(sheet) == len(rows) + 1
            found = connection.execute(f"SELECT * FROM {name}")  # noqa: S608 - our own names
            assert [column[0] for column in found.description] == list(rows[0])
            assert len(found.fetchall()) == len(rows)
        paid = connection.execute("SELECT sum(amount_baht) FROM payments").fetchone()[0]
    assert Decimal(str(paid)) == baht(table(folder, "payments"), "amount_baht")


def test_the_checksums_are_those_of_the_files(folder: Path) -> None:
    lines = (folder / "SHA256SUMS").read_text("utf-8").splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert sums.keys() == {path.name for path in folder.iterdir()} - {"SHA256SUMS"}
    for name, digest in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    judge = ["sha256sum", "--check", "--quiet", "SHA256SUMS"]
    subprocess.run(judge, cwd=folder, check=True)  # noqa: S603 - a fixed command


def test_the_catalogue_has_what_the_state_asks_for(folder: Path) -> None:
    entry = json.loads((folder / "catalog.json").read_text("utf-8"))
    needed = (
        "title owner_org maintainer maintainer_email tags notes objective update_frequency_unit "
        "update_frequency_interval geo_coverage data_source data_format data_category license_id"
    )
    assert all(entry[name] for name in needed.split())
    named = {each["name"] for each in entry["resources"]}
    assert {"grants.csv", "grants.json", "open-data.xlsx"} <= named


def test_the_dictionary_tells_of_every_field_of_every_entry(folder: Path) -> None:
    told = json.loads((folder / "dictionary.json").read_text("utf-8"))
    assert {kind["type"] for kind in told} == set(TYPES)
    for kind in told:
        declared = TYPES[kind["type"]]
        assert {field["name"] for field in kind["public"]} == set(declared.public)
        assert {field["name"] for field in kind["sealed"]} == set(declared.private)


def test_the_same_log_gives_the_same_bytes(portal: Portal, folder: Path, tmp_path: Path) -> None:
    place = open_place(portal.install)
    with force_locale("en"):
        again = build(db.engine, replace(place, path=tmp_path / "again"))
    assert again is not None
    assert again.name == folder.name
    other = tmp_path / "again" / "versions" / again.name
    for path in folder.iterdir():
        assert (other / path.name).read_bytes() == path.read_bytes(), path.name


def test_a_code_has_the_name_of_the_day_of_the_newest_entry(portal: Portal, made: Maker) -> None:
    def renamed(world: World) -> None:
        change(
            world,
            RuleKind.FUND,
            "GEN",
            lambda facts: replace(facts, name_en="Another name"),
            valid_from=YEAR_OVER.date(),
        )

    def name() -> str:
        rows = table(current(portal), "codes")
        return next(row["name_en"] for row in rows if (row["kind"], row["code"]) == ("fund", "GEN"))

    opened(portal, made, renamed)
    assert name() != "Another name"
    opened(portal, made, beat)
    assert name() == "Another name"


def test_building_again_changes_nothing(portal: Portal, made: Maker) -> None:
    first = opened(portal, made, World.approved)
    assert opened(portal, made) == first
    versions = Versions(portal.install.open_data)
    assert versions.listed() == [first]
    assert [*portal.install.open_data.glob(".making-*")] == []


def test_a_version_is_built_only_when_the_log_moved(portal: Portal, made: Maker) -> None:
    place = open_place(portal.install)
    first = build_if_newer(db.engine, place)
    assert first is not None
    assert build_if_newer(db.engine, place) is None
    elsewhere = replace(place, base_url="https://portal.example")
    assert build_if_newer(db.engine, elsewhere) is not None
    made(beat)
    portal.install.publish(db.engine)
    second = build_if_newer(db.engine, elsewhere)
    assert second is not None
    assert second.day == "2027-10-01"


def test_before_anything_is_published_there_is_nothing_to_build(portal: Portal) -> None:
    place = open_place(portal.install)
    with writing(db.engine, portal.install.session_info()) as session:
        session.execute(delete(PublishedPosition))
    assert build(db.engine, place) is None
    assert build_if_newer(db.engine, place) is None
    with writing(db.engine, portal.install.session_info()) as session:
        for each in PUBLISHED:
            session.execute(delete(each))


def test_without_a_grant_there_is_no_file_of_grants(portal: Portal, made: Maker) -> None:
    opened(portal, made)
    names = {path.name for path in current(portal).iterdir()}
    assert "grants.csv" in names
    assert "grants.json" not in names


def test_the_last_version_of_each_day_is_kept(portal: Portal, made: Maker) -> None:
    first = opened(portal, made, World.approved)
    second = opened(portal, made, everything_that_moves_money)
    versions = Versions(portal.install.open_data)
    # Somebody may still read what was the newest until now.
    assert versions.folder(first.name)
    third = opened(portal, made, beat)
    fourth = opened(portal, made, lambda world: beat(world, YEAR_OVER + timedelta(days=1)))
    assert versions.folder(first.name) is None
    assert [each.name for each in versions.listed()] == [fourth.name, third.name, second.name]
    assert current(portal).name == fourth.name
    changes = {change.table: change for change in third.changes}
    assert (changes["grants"].added, changes["counts"].added) == (0, 52)
    left = {
        change.table: (change.added, change.changed, change.removed) for change in fourth.changes
    }
    assert set(left.values()) == {(0, 0, 0)}


def test_what_changed_is_told_by_row(portal: Portal, made: Maker) -> None:
    opened(portal, made, lambda world: world.confirmed())
    later = NOON + timedelta(days=1)
    newest = opened(portal, made, World.approved, lambda world: beat(world, later))
    changes = {change.table: change for change in newest.changes}
    assert (changes["grants"].added, changes["grants"].removed) == (1, 0)
    assert changes["payments"].rows == 1


def test_what_a_killed_build_left_is_cleared_away(portal: Portal, made: Maker) -> None:
    left = portal.install.open_data / ".making-killed"
    left.mkdir(parents=True)
    (left / "grants.csv").write_text("half", "utf-8")
    opened(portal, made)
    assert not left.exists()


def test_no_file_names_anybody(portal: Portal, made: Maker) -> None:
    opened(portal, made, everything_that_moves_money, project, concerns, beat)
    private = (*SECRETS, FILE_NAME, "210101", "ตำบล", "อำเภอ", "0812345678")
    for path in portal.install.open_data.rglob("*"):
        if path.is_file():
            text = unpacked(path).decode("utf-8", errors="replace")
            assert [secret for secret in private if secret in text] == [], path.name


def test_ids_are_those_of_the_registered_foundation(portal: Portal, made: Maker) -> None:
    opened(portal, made, World.approved)
    portal.install.register(Registered("360G-rayong", "XX-TEST-1"))
    assert build_if_newer(db.engine, open_place(portal.install)) is not None
    told = json.loads((current(portal) / "grants.json").read_text("utf-8"))
    (grant,) = told["grants"]
    assert grant["id"] == "360G-rayong-RYG-2570-000001"
    assert [one["id"] for one in grant["fundingOrganization"]] == ["XX-TEST-1"]
    assert told["publisher"]["identifier"] == "XX-TEST-1"
    assert build_if_newer(db.engine, open_place(portal.install)) is None
