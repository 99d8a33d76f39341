from __future__ import annotations

import json
from dataclasses import replace

import pytest
from flask_babel import force_locale
from sqlalchemy import func
from sqlalchemy import select

from portal.db import db
from portal.downloads import download
from portal.funds.models import FundRequest
from portal.labels import Name
from portal.money import Money
from portal.publishing.models import PublishedRequest
from portal.publishing.narrowing import narrowed
from portal.publishing.narrowing import search_words
from portal.publishing.queries import names
from portal.publishing.request_lines import csv_lines
from portal.publishing.request_sheet import request_sheet
from portal.publishing.search_models import PublishedGroup
from portal.publishing.searched import Found
from portal.publishing.searched import found
from portal.publishing.searching import Facet
from portal.publishing.searching import Order
from portal.publishing.searching import Search
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Publish
from tests.conftest import Visitor
from tests.world import ANSWER
from tests.world import SECRETS
from tests.world import World

AMOUNTS = (1500, 300, 900, 6000, 1500, 450)


def told(world: World) -> None:
    """Requests in several states: 1 paid, 2 approved, 3 to 6 sent, 7 a project's."""
    world.confirmed(fund_request=world.approved())
    world.approved(answer=replace(ANSWER, amount=Money.baht(300)))
    for baht in AMOUNTS[2:]:
        world.submitted(answer=replace(ANSWER, amount=Money.baht(baht)))
    world.submitted_project()


@pytest.fixture
def published(portal: Portal, made: Maker) -> None:
    made(told)
    portal.install.publish(db.engine)
    db.session.remove()


def searched(search: Search, *, length: int = 50) -> Found:
    session = db.session()
    return found(session, search, names(session), search_words(session), length=length)


def numbers(page: Found) -> list[int]:
    return [int(row.reference[-6:]) for row in page.rows]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {1, 2, 3, 4, 5, 6, 7}),
        ("ค่าครองชีพ", {1, 2, 3, 4, 5, 6}),
        ("อาหารระหว่าง", {1, 2, 3, 4, 5, 6}),
        ("living SUPPORT", {1, 2, 3, 4, 5, 6}),
        ("เรียนต่อเนื่อง", {1, 2, 3, 4, 5, 6}),
        ("survey", {7}),
        ("ท่าประดู่", {7}),
        ("Tha Pradu", {7}),
        ("RYG-2570-000003", {3}),
        ("ryg-2570-3", {3}),
        ("2570-4", {4}),
        ("๔", {4}),
        ("000005", {5}),
        ("2570", {1, 2, 3, 4, 5, 6, 7}),
        ("living 2", {2}),
        ("survey 2", set()),
        ("RYG-2569-000003", set()),
        ("nonsense", set()),
        ("%", set()),
        (SECRETS[0], set()),
    ],
)
@pytest.mark.usefixtures("published")
def test_words_find_what_is_published(text: str, expected: set[int]) -> None:
    page = searched(Search(text))
    assert set(numbers(page)) == expected
    assert page.count == len(expected)
    assert page.amount == Money(sum(row.satang for row in page.rows))


@pytest.mark.usefixtures("published")
def test_each_facet_counts_what_the_others_leave() -> None:
    page = searched(Search(narrowed={Facet.STATUS: "submitted", Facet.AMOUNT: "to-1000"}))
    assert set(numbers(page)) == {3, 6}
    counts = {facet: {one.code: one.count for one in page.facets[facet]} for facet in page.facets}
    assert counts[Facet.STATUS] == {"submitted": 2, "approved": 1}
    assert counts[Facet.AMOUNT] == {"to-1000": 2, "to-5000": 2, "to-20000": 1}
    assert counts[Facet.YEAR] == {"2570": 2}
    assert counts[Facet.KIND] == {"youth": 2}
    assert searched(Search(narrowed={Facet.YEAR: "x"})).count == 0
    assert searched(Search(narrowed={Facet.KIND: "project"})).count == 1


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("text", ["", "living", "2570-3"])
@pytest.mark.usefixtures("published")
def test_pages_lead_through_all_that_is_found_and_back(order: Order, text: str) -> None:
    everything = searched(Search(text, order=order))
    expected = numbers(everything)
    search, passed, last = Search(text, order=order), list[int](), None
    for _ in range(9):
        page = searched(search, length=2)
        passed += numbers(page)
        last = page
        if page.older is None:
            break
        search = replace(search, before=page.older)
    assert passed == expected
    back: list[int] = numbers(last) if last else []
    while last and last.newer is not None:
        last = searched(replace(search, before=None, after=last.newer), length=2)
        back = numbers(last) + [number for number in back if number not in numbers(last)]
    assert back == expected
    key = {
        "act": lambda row: row.last_index,
        "sent": lambda row: row.reference,
        "amount": lambda row: (row.satang, row.last_index),
    }[order.key]
    assert [row.reference for row in everything.rows] == [
        row.reference for row in sorted(everything.rows, key=key, reverse=not order.goes_up)
    ]


@pytest.mark.usefixtures("published")
def test_more_groups_than_a_page_holds_are_found_in_order() -> None:
    page = searched(Search(order=Order.SMALLEST), length=1)
    assert numbers(page) == [2]
    assert numbers(searched(Search(order=Order.SMALLEST, before=page.older), length=1)) == [6]


@pytest.mark.usefixtures("published")
def test_the_groups_are_what_a_count_of_all_gives() -> None:
    session = db.session()
    counted = session.execute(
        select(func.count(), func.sum(PublishedRequest.satang)).select_from(PublishedRequest)
    ).one()
    grouped = select(func.sum(PublishedGroup.count), func.sum(PublishedGroup.satang))
    assert tuple(map(int, session.execute(grouped).one())) == tuple(map(int, counted))


@pytest.mark.parametrize("language", ["", "/en"])
@pytest.mark.usefixtures("published")
def test_the_page_shows_what_is_searched(client: Visitor, language: str) -> None:
    path = f"{language}/requests?q=living&status=submitted&sort=largest"
    page = client.get(path).text
    assert page.index("RYG-2570-000004") < page.index("RYG-2570-000005")
    assert "RYG-2570-000001" not in page
    for part in ("status=submitted", "q=living", "sort=largest"):
        assert f"{language}/requests.csv?" in page
        assert part in page.split("/requests.csv?")[1].split('"')[0]
    assert not [secret for secret in SECRETS if secret in page]


@pytest.mark.usefixtures("published")
def test_odd_addresses_are_answered(client: Visitor) -> None:
    for query in ("fund=x", "kind=x", "amount=x", "year=x", "sort=x", "before=x", "after=0"):
        assert client.get(f"/requests?{query}").status_code == 200, query
    for query in ("before=99999999999999999999", "before=-5&sort=oldest", "q=" + "ก" * 2000):
        assert client.get(f"/requests?{query}").status_code == 200, query


@pytest.mark.parametrize("query", ["", "?q=living&sort=smallest", "?q=2570-3", "?kind=project"])
@pytest.mark.usefixtures("published")
def test_the_download_is_exactly_what_is_shown(client: Visitor, query: str) -> None:
    page = client.get(f"/en/requests{query}").text
    with client.get(f"/en/requests.json{query}") as answer:
        rows = json.loads(answer.data)
    with client.get(f"/en/requests.csv{query}") as answer:
        lines = answer.get_data(as_text=True).splitlines()
    references = [row["reference"] for row in rows]
    assert [line.split('"')[1] for line in lines[1:]] == references
    places = [page.index(reference) for reference in references]
    assert places == sorted(places)
    assert page.count('class="reference" href') == len(references)


def test_nothing_found_is_an_empty_list(client: Visitor) -> None:
    with client.get("/requests.json") as answer:
        assert answer.json == []


def test_conditions_name_no_column_twice(portal: Portal) -> None:
    assert portal.install.has_log
    conditions = narrowed(Search("living", {Facet.FUND: "GEN"}), search_words(db.session()))
    assert len(conditions.on(PublishedGroup)) == 2
    assert len(conditions.on(PublishedGroup, but=Facet.FUND)) == 1


def test_a_request_that_moves_leaves_its_group(
    publish: Publish,
) -> None:
    publish(lambda world: world.submitted())
    assert numbers(searched(Search(narrowed={Facet.STATUS: "submitted"}))) == [1]
    publish(lambda world: world.approve(world.session.get_one(FundRequest, 1), world.somchai))
    assert numbers(searched(Search(narrowed={Facet.STATUS: "submitted"}))) == []
    assert numbers(searched(Search(narrowed={Facet.STATUS: "approved"}))) == [1]


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize(
    "search",
    [
        Search(),
        Search(order=Order.SMALLEST),
        Search("ค่าครองชีพ", order=Order.NEWEST),
        Search(narrowed={Facet.STATUS: "paid"}),
        Search("3"),
        Search("nothing"),
    ],
)
def test_the_lines_that_the_database_writes_are_those_of_the_list(
    portal: Portal, language: str, search: Search
) -> None:
    session = db.session()
    conditions, known = narrowed(search, search_words(session)), dict(names(session))
    # Names as somebody might choose them.
    known["category", "LIVING"] = Name('=HYPERLINK("x")', '-1 "living", and more')
    sheet = request_sheet(db.engine, known, search, conditions)
    said = {key: name.en if language == "en" else name.th for key, name in known.items()}
    with (
        portal.app.test_request_context("/en/" if language == "en" else "/"),
        force_locale(language),
    ):
        written = b"".join(download(sheet, "csv").iter_encoded())
    assert b"".join(csv_lines(db.engine, said, search, conditions)) == written


@pytest.mark.usefixtures("published")
def test_a_code_without_a_name_is_told_as_it_is() -> None:
    lines = b"".join(csv_lines(db.engine, {}, Search("3"), narrowed(Search("3"), {}))).decode()
    assert (
        '"RYG-2570-000003","submitted","youth","LIVING","STAY","SC5","GEN","2570","900.00"' in lines
    )
