from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from xml.etree import ElementTree as ET

import pytest

from portal.funds import service
from portal.funds.rules import Reason
from portal.money import Money
from portal.payments.returning import Back
from portal.payments.returning import return_payment
from portal.places import amphoe_name
from portal.publishing.drawings import CHARTS
from portal.publishing.figure_images import FIGURES
from tests.conftest import Publish
from tests.conftest import Visitor
from tests.world import ANSWER
from tests.world import NOON
from tests.world import SECRETS
from tests.world import World

ATOM = "{http://www.w3.org/2005/Atom}"
PAGES = (
    "/",
    "/requests",
    "/funds",
    "/funds/GEN",
    "/subcommittees",
    "/subcommittees/SC5",
    "/categories",
    "/categories/LIVING",
    "/payments",
    "/payments/{payment}",
    "/service-times",
    "/places",
    "/charts",
)


def payment_of(client: Visitor) -> str:
    answer = client.get("/api/v1/payments").json
    assert answer is not None
    reference: str = answer["items"][0]["reference"]
    return reference


def test_every_public_page_stands_alone(client: Visitor, publish: Publish) -> None:
    """No page asks another host, runs a script, sets a cookie, or tells a secret."""
    publish(lambda world: world.confirmed())
    publish(lambda world: world.submitted_project())
    payment = payment_of(client)
    for language in ("", "/en"):
        for path in PAGES:
            page = client.get(language + path.format(payment=payment))
            assert page.status_code == 200, path
            assert "Set-Cookie" not in page.headers
            assert "<script" not in page.text
            loaded = re.findall(r'(?:<link[^>]+href|src)="([^"]+)"', page.text)
            assert [url for url in loaded if not url.startswith("/")] == []
            assert [secret for secret in SECRETS if secret in page.text] == []


def test_the_money_of_a_part_is_told(client: Visitor, publish: Publish) -> None:
    publish(lambda world: world.confirmed())
    for path in ("/en/funds/GEN", "/en/subcommittees/SC5", "/en/categories/LIVING"):
        page = client.get(path).text
        assert "1,500" in page
        assert "<svg" in page
        assert "status=paid" in page
    assert client.get("/funds/NONE").status_code == 404
    assert client.get("/payments/NONE").status_code == 404


def test_a_payment_has_a_public_page(client: Visitor, publish: Publish) -> None:
    publish(lambda world: world.confirmed())
    page = client.get(f"/en/payments/{payment_of(client)}").text
    for told in ("Payment prepared", "Confirmed by the bank", "RYG-2570-000001"):
        assert told in page


def test_what_is_asked_for_is_one_sum_wherever_it_stands(client: Visitor, publish: Publish) -> None:
    """A request that came back and was sent again asks for what it asks for now."""

    def sent_again(world: World) -> None:
        sent = world.to_decide()
        grounds = service.Grounds(Reason.AMOUNT, "")
        version = sent.version
        service.return_request(
            world.session, sent.id, grounds, seen_version=version, by=world.somchai, at=NOON
        )
        world.amend(sent, replace(ANSWER, amount=Money.baht(900)))
        version = sent.version
        service.submit_request(
            world.session, sent.id, seen_version=version, by=world.malee, at=NOON
        )

    publish(sent_again)
    page = client.get("/en/categories/LIVING").text
    figure = re.search(r"<dt>Asked for</dt>\s*<dd><span class=\"amount\">([0-9,.]+)<", page)
    assert figure is not None
    assert figure[1] == "900"
    assert "900 baht were asked for." in page
    told = client.get("/api/v1/categories").get_json()["items"]
    assert {each["code"]: each["given_satang"] for each in told if each["given_satang"]} == {
        "LIVING": 90_000
    }


def test_what_a_bank_kept_is_told_of_a_fund_and_of_a_payment(
    client: Visitor, publish: Publish
) -> None:
    def kept(world: World) -> None:
        sent = world.sent()
        back = Back(sent.amount, "-", Money.baht(10))
        version = sent.version
        return_payment(
            world.session, sent.id, back, seen_version=version, by=world.phailin, at=NOON
        )

    publish(kept)
    assert "Kept by the bank" in client.get("/en/funds/GEN").text
    page = client.get(f"/en/payments/{payment_of(client)}").text
    for label, amount in (
        ("Amount prepared", "1,500"),
        ("Came back", "1,500"),
        ("Kept by the bank", "10"),
    ):
        assert re.search(rf"{label}</dt>\s*<dd><span class=\"amount\">{amount} baht", page)
    assert "what came back is not" in page


def test_projects_are_counted_by_amphoe_and_people_have_no_place(
    client: Visitor, publish: Publish
) -> None:
    publish(lambda world: [world.submitted(), world.submitted_project()])
    page = client.get("/en/places").text
    amphoe = amphoe_name(ANSWER.area_code[:4]).en
    assert page.count(f'class="plain">{amphoe}</th>') == 1
    assert "1,500" in page


def test_times_are_told(client: Visitor, publish: Publish) -> None:
    publish(lambda world: world.submitted())
    assert client.get("/en/service-times").status_code == 200
    publish(lambda world: world.confirmed())
    assert "within 0\u00a0days" in client.get("/en/service-times").text


@pytest.mark.parametrize(
    "name",
    [
        "paid-by-month",
        "paid-by-fund",
        "paid-by-subcommittee",
        "paid-by-category",
        "days-by-subcommittee",
        "funds/GEN",
        *FIGURES,
    ],
)
def test_charts_are_images_for_other_pages(client: Visitor, publish: Publish, name: str) -> None:
    for act in (lambda world: world.submitted(), lambda world: world.confirmed()):
        publish(act)
        for language in ("", "/en"):
            answer = client.get(f"{language}/charts/{name}.svg")
            assert answer.mimetype == "image/svg+xml"
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
            drawn = ET.fromstring(answer.text)  # noqa: S314 - our own drawing
            assert drawn.tag == "{http://www.w3.org/2000/svg}svg"
            assert "script" not in answer.text
    assert client.get("/charts/none.svg").status_code == 404


def test_one_line_shows_a_chart_elsewhere(client: Visitor, publish: Publish) -> None:
    publish(lambda world: world.confirmed())
    page = client.get("/en/funds").text
    line = re.search(r"&lt;a href=.*?&lt;/a&gt;", page)
    assert line is not None
    assert "/en/charts/paid-by-fund.svg" in line[0]


def test_pages_stay_with_us(client: Visitor) -> None:
    for path in ("/", "/charts", "/requests", "/sign-in"):
        answer = client.get(path)
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["X-Frame-Options"] == "DENY"


def test_figures_say_by_themselves_what_they_count(client: Visitor, publish: Publish) -> None:
    def words(path: str) -> str:
        drawn = ET.fromstring(client.get(path).text)  # noqa: S314 - our own drawing
        return " ".join(each.text or "" for each in drawn.iter() if each.tag.endswith("}text"))

    assert "nothing is paid yet" in words("/en/charts/figure-days.svg")
    publish(lambda world: world.confirmed())
    paid = words("/en/charts/figure-disbursed.svg")
    for told in ("Paid out", "1,500 baht", "Rayong Education Promotion Foundation", "Source: "):
        assert told in paid
    assert "5,546,450 บาท" in words("/charts/figure-received.svg")
    assert "0 days" in words("/en/charts/figure-days.svg")
    assert "1 time" in words("/en/charts/figure-people.svg")


def width_of(image: str) -> float:
    return float(ET.fromstring(image).attrib["width"])  # noqa: S314 - our own drawing


def test_every_image_has_its_line_to_copy(client: Visitor, publish: Publish) -> None:
    publish(lambda world: world.confirmed())
    page = client.get("/en/charts").text
    assert 'href="/en/charts"' in client.get("/en/").text
    lines = [unescape(line) for line in re.findall(r"<textarea[^>]*>(.*?)</textarea>", page)]
    assert len(lines) == len(FIGURES) + len(CHARTS)
    for line in lines:
        told = re.fullmatch(
            r'<a href="http://127.0.0.1:8000(/en/[a-z-]*)">'
            r'(?:<picture><source media="\(max-width: 640px\)"'
            r' srcset="http://127.0.0.1:8000(/en/charts/[a-z-]+\.svg\?narrow=1)">)?'
            r'<img src="http://127.0.0.1:8000(/en/charts/[a-z-]+\.svg)"'
            r' alt="[^"<>]+" width="(\d+)">(?:</picture>)?</a>',
            line,
        )
        assert told is not None, line
        page, narrow, image, width = told.groups()
        assert client.get(page).status_code == 200
        assert width_of(client.get(image).text) == float(width)
        # What is wider than a phone has another one that fits there with letters of the same size.
        assert (narrow is None) == (float(width) <= 360)
        if narrow:
            assert width_of(client.get(narrow).text) < 400


def test_payments_are_a_feed(client: Visitor, publish: Publish) -> None:
    publish(lambda world: world.confirmed())
    answer = client.get("/api/v1/feed.atom")
    assert answer.mimetype == "application/atom+xml"
    feed = ET.fromstring(answer.text)  # noqa: S314 - our own feed
    assert feed.tag == f"{ATOM}feed"
    assert len(feed.findall(f"{ATOM}entry")) == 1


def test_the_api_is_what_its_document_says(client: Visitor, publish: Publish) -> None:
    publish(lambda world: world.confirmed())
    publish(lambda world: world.submitted())
    document = client.get("/api/v1/openapi.json").json
    assert document is not None
    assert document["openapi"] == "3.1.0"
    references = {"requests": "RYG-2570-000001", "payments": payment_of(client)}
    for path, told in document["paths"].items():
        reference = references.get(path.split("/")[1], "")
        answer = client.get("/api/v1" + path.format(reference=reference))
        assert answer.json is not None, path
        name = told["get"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        schema = document["components"]["schemas"][name.rsplit("/", 1)[1]]
        assert set(schema.get("required", ())) <= answer.json.keys()
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        again = client.get(
            "/api/v1" + path.format(reference=reference),
            headers={"If-None-Match": answer.headers["ETag"]},
        )
        assert again.status_code == 304


def test_pages_of_the_api_follow_each_other(client: Visitor, publish: Publish) -> None:
    publish(lambda world: [world.submitted() for _ in range(3)])
    first = client.get("/api/v1/requests?limit=2&q=living&status=submitted").json
    assert first is not None
    assert (first["count"], len(first["items"])) == (3, 2)
    second = client.get("/api/v1/requests?" + first["next"].partition("?")[2]).json
    assert second is not None
    assert len(second["items"]) == 1
    assert second["next"] is None


@pytest.mark.parametrize(
    "path",
    [
        "requests?limit=0",
        "requests?limit=x",
        "requests?limit=201",
        "requests?status=x",
        "requests?year=70",
        "requests?sort=x",
        "requests?before=x",
        "requests?status=paid&status=closed",
        "requests?q=" + "x" * 101,
        "payments?before=-1",
    ],
)
def test_what_cannot_be_read_is_a_problem(client: Visitor, path: str) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert answer.json is not None
    assert answer.json["status"] == 422
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_what_is_not_there_is_a_problem_too(client: Visitor) -> None:
    for path in ("/api/v1/none", "/en/api/v1/requests/NONE", "/api/v1/payments/NONE"):
        answer = client.get(path)
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    refused = client.post("/api/v1/requests")
    assert (refused.status_code, refused.mimetype) == (405, "application/problem+json")
    assert "GET" in refused.headers["Allow"]
