from __future__ import annotations

from io import BytesIO

import pytest
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import db
from portal.money import Money
from portal.payments.accounts import open_account
from portal.payments.models import BankLine
from portal.payments.models import LineMatch
from portal.payments.models import Payment
from portal.payments.reconciliation import Meaning
from portal.payments.rules import PaymentState
from tests.acts.test_statement_lines import rows
from tests.conftest import Maker
from tests.conftest import Visitor
from tests.pages.test_exports import rows as read_rows
from tests.world import ACCOUNT
from tests.world import NOON

URL = "/en/treasury/statements"
HERE = f"{URL}/{ACCOUNT.code}"


@pytest.fixture(autouse=True)
def account(made: Maker) -> None:
    made(lambda world: open_account(world.session, ACCOUNT, by=world.admin, at=NOON))


def sent(made: Maker, count: int) -> list[str]:
    return made(lambda world: [world.sent().reference for _ in range(count)])


def upload(client: Visitor, content: bytes) -> tuple[int, str]:
    file = (BytesIO(content), "a.csv")
    answer = client.post(URL, data={"account": ACCOUNT.code, "statement": file})
    return answer.status_code, answer.text


def read_in(client: Visitor, *lines: tuple[str, str, str]) -> list[str]:
    """Upload lines and return their fingerprints, in their order."""
    assert upload(client, rows(*lines))[0] == 303
    with Session(db.engine) as session:
        return list(session.scalars(select(BankLine.fingerprint).order_by(BankLine.id)))


def state(reference: str) -> PaymentState:
    with Session(db.engine) as session:
        found = select(Payment.state).where(Payment.reference == reference)
        return session.scalars(found).one()


def meanings() -> list[Meaning]:
    with Session(db.engine) as session:
        return list(session.scalars(select(LineMatch.meaning).order_by(LineMatch.id)))


def mark_of(page: str, name: str) -> str:
    """Return the value of the first button or tick of this name."""
    return page.split(f'name="{name}" value="')[1].split(chr(34), maxsplit=1)[0]


def test_a_file_is_read_once_and_a_bad_one_says_why(client: Visitor) -> None:
    client.sign_in("anong")
    assert "Main account" in client.get(URL).text
    content = rows(("ดอกเบี้ย", "", "12"), ("ค่าธรรมเนียม", "30", ""))
    assert upload(client, content)[0] == 303
    assert "2 new lines" in client.get(HERE).text
    assert upload(client, content)[0] == 303
    assert "2 lines were known already" in client.get(HERE).text
    status, page = upload(client, content + "23/11/2569,โอน,1,,5.00\n".encode())
    assert (status, "Please mend this first" in page) == (422, True)
    assert client.post(URL, data={"account": ACCOUNT.code}).status_code == 422
    with Session(db.engine) as session:
        assert session.scalar(select(func.count()).select_from(BankLine)) == 2
    assert client.get(f"{URL}/NONE").status_code == 404
    assert "999,982" in client.get(URL).text


def test_what_is_sure_is_ticked_or_confirmed_at_once(client: Visitor, made: Maker) -> None:
    one, two, three = sent(made, 3)
    client.sign_in("phailin")
    read_in(client, *((f"โอน {name}", "1500", "") for name in (one, two, three)))
    page = client.get(HERE).text
    answer = client.post(f"{HERE}/confirm", data={"pick": mark_of(page, "pick")})
    assert (answer.status_code, state(one), state(two)) == (
        303,
        PaymentState.CONFIRMED,
        PaymentState.SENT,
    )
    # The page shows three; two are left.
    stale = client.post(f"{HERE}/confirm", data={"all": mark_of(page, "all")})
    assert (stale.status_code, state(two)) == (409, PaymentState.SENT)
    assert client.post(f"{HERE}/confirm", data={"pick": mark_of(page, "pick")}).status_code == 409
    none = client.post(f"{HERE}/confirm")
    assert (none.status_code, "Tick at least one" in none.text) == (409, True)
    answer = client.post(f"{HERE}/confirm", data={"all": mark_of(client.get(HERE).text, "all")})
    assert (answer.status_code, state(two), state(three)) == (
        303,
        PaymentState.CONFIRMED,
        PaymentState.CONFIRMED,
    )
    assert "Every line is confirmed." in client.get(HERE).text


def test_who_released_is_named_and_confirms_nothing(client: Visitor, made: Maker) -> None:
    (one,) = sent(made, 1)
    client.sign_in("prasit")
    read_in(client, (f"โอน {one}", "1500", ""))
    page = client.get(HERE).text
    assert "cannot confirm 1 of them" in page
    assert "Confirm the ticked" not in page
    client.post(f"{HERE}/confirm", data={"all": "0"})
    assert state(one) is PaymentState.SENT


def test_a_line_that_could_be_two_payments_is_chosen(client: Visitor, made: Maker) -> None:
    one, two = sent(made, 2)
    client.sign_in("phailin")
    (key,) = read_in(client, ("โอน", "1500", ""))
    assert "More than one answer" in client.get(HERE).text
    page = client.get(f"{HERE}/lines?pick={key}").text
    assert page.count("It is this one") == 2
    answer = client.post(f"{HERE}/lines/payment", data={"pick": key, "named": two})
    assert (answer.status_code, state(one), state(two)) == (
        303,
        PaymentState.SENT,
        PaymentState.CONFIRMED,
    )
    assert client.get(f"{HERE}/lines?pick={key}").status_code == 404
    assert client.get(f"{HERE}/lines").status_code == 404


def test_refusals_are_sentences_and_nothing_is_half_done(client: Visitor, made: Maker) -> None:
    (one,) = sent(made, 1)
    client.sign_in("phailin")
    out, into, fee = read_in(
        client, ("โอน", "1400", ""), ("คืนเงิน", "", "9"), ("ค่าธรรมเนียม", "30", "")
    )
    asked = (
        ("payment", out, {"named": one}, 409, "The lines come to 1,400 baht"),
        ("payment", out, {"named": "RYG-1"}, 409, "is called RYG-1"),
        ("payment", out, {"named": ""}, 422, "Write the number"),
        ("return", into, {"named": one, "fee": "0", "note": "-"}, 409, "paid"),
        ("return", into, {"named": one, "fee": "x", "note": ""}, 422, "Write why it came back."),
        ("fee", fee, {"fund": ""}, 422, "Choose"),
        ("fee", into, {"fund": "GEN"}, 409, "A fee is a line that took money out."),
        ("other", into, {"what": ""}, 422, "Write what this money is."),
    )
    for act, key, typed, status, sentence in asked:
        answer = client.post(f"{HERE}/lines/{act}", data={"pick": key, **typed})
        assert (act, answer.status_code, sentence in answer.text) == (act, status, True)
    assert (meanings(), state(one)) == ([], PaymentState.SENT)


def test_a_month_from_first_line_to_reconciled(client: Visitor, made: Maker) -> None:
    one, two = sent(made, 2)
    by_hand = made(lambda world: world.confirmed().reference)
    client.sign_in("phailin")
    lines = (
        (f"โอน {one}", "1500", ""),
        (f"โอน {two}", "1500", ""),
        (f"คืนเงิน {two}", "", "1480"),
        ("ค่าธรรมเนียม", "30", ""),
        ("ดอกเบี้ย", "", "12"),
    )
    _, _, back, fee, interest = read_in(client, *lines)
    page = client.get(f"{HERE}/2026-11").text
    assert "The month is not reconciled yet" in page
    assert by_hand in page
    client.post(f"{HERE}/confirm", data={"all": mark_of(client.get(HERE).text, "all")})
    assert f'value="{two}"' in client.get(f"{HERE}/lines?pick={back}").text
    answers = [
        client.post(f"{HERE}/lines/{act}", data={"pick": key, **typed}).status_code
        for act, key, typed in (
            ("return", back, {"named": two, "fee": "20", "note": "บัญชีปิด"}),
            ("fee", fee, {"fund": "GEN"}),
            ("other", interest, {"what": "ดอกเบี้ยรับ"}),
        )
    ]
    assert answers == [303, 303, 303]
    assert meanings()[-3:] == [Meaning.RETURN, Meaning.FEE, Meaning.OTHER]
    header, *figures = read_rows(client.get(f"{HERE}/2026-11.csv").data, "csv")
    assert header == ["part", "amount_baht", "lines", "payments"]
    found = {str(row[0]): row[1] for row in figures}
    assert found == {
        "opening": "1000000.00",
        "money_in": "12.00",
        "outflow": "1550.00",
        "closing": "998462.00",
        "confirmed": "4500.00",
        "fees": "30.00",
        "returns": "1480.00",
        "difference": "-1500.00",
        "missing": "0.00",
        "not_in_statement": "-1500.00",
    }
    assert client.get(f"{HERE}/2026-11.xlsx").status_code == 200
    for month in ("2026-13", "20261", "9999-01", "2026-1"):
        assert client.get(f"{HERE}/{month}").status_code == 404


def test_a_month_without_difference_is_reconciled(client: Visitor, made: Maker) -> None:
    (one,) = sent(made, 1)
    client.sign_in("phailin")
    read_in(client, (f"โอน {one}", "1500", ""))
    client.post(f"{HERE}/confirm", data={"all": mark_of(client.get(HERE).text, "all")})
    page = client.get(f"{HERE}/2026-11").text
    assert "The month is reconciled" in page
    assert "There is no difference." in page
    assert str(Money.baht(1500)) in page
