from __future__ import annotations

import re
from importlib.resources import files
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageFont

from portal import charts
from portal.charts import DESK
from portal.charts import PHONE
from portal.charts import ChartText
from portal.charts import MonthBars
from portal.charts import MonthWords
from portal.charts import NameBar
from portal.charts import Part
from portal.charts import Tone
from portal.charts import Unit
from portal.drawing import words_apart
from portal.money import Money

SVG = "{http://www.w3.org/2000/svg}"
BAHT = Money.baht
TEXT = ChartText("paid", "เงินที่จ่ายถึงมือแล้ว", "เดือนมิถุนายนจ่ายมากที่สุด")
WORDS = MonthWords(
    "ผูกพันแล้ว",
    "จ่ายถึงมือแล้ว",
    "บาท",
    {Unit.BAHT: "หน่วย: บาท", Unit.THOUSANDS: "หน่วย: พันบาท", Unit.MILLIONS: "หน่วย: ล้านบาท"},
)
MONTHS = [
    MonthBars("ต.ค.", BAHT(212_400), BAHT(150_200)),
    MonthBars("พ.ย.", BAHT(534_800), Money(40_265_050)),
    MonthBars("ธ.ค.", BAHT(0), BAHT(9_430)),
    MonthBars("ม.ค.", None, None),
]
LONG = "คณะอนุกรรมการกองทุนเพื่อลดความเหลื่อมล้ำเพื่อสร้างพื้นที่แห่งฝัน"
NAMES = [
    NameBar(LONG, BAHT(1_389_150)),
    NameBar("คณะอนุกรรมการด้านการพัฒนาทักษะอาชีพ", BAHT(742_300)),
    NameBar("Fund for Reducing Inequality to Build a Land of Dreams", Money(10_045_050)),
]


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - our own drawing


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in parsed(svg).iter(f"{SVG}text")]


def bars(svg: str, tone: Tone) -> list[dict[str, str]]:
    fill = {
        Tone.ARRIVED: "#25783b",
        Tone.WAITING: "#f6dfae",
        Tone.LEFT: "#ffffff",
        Tone.LOST: "#a9b1b8",
    }[tone]
    return [dict(bar.attrib) for bar in parsed(svg).iter(f"{SVG}rect") if bar.get("fill") == fill]


def all_charts() -> list[str]:
    parts = [Part(BAHT(6), Tone.ARRIVED), Part(BAHT(1), Tone.WAITING), Part(BAHT(3), Tone.LEFT)]
    return [
        charts.bars_by_month(MONTHS, text=TEXT, words=WORDS, width=DESK),
        charts.bars_by_month(MONTHS, text=TEXT, words=WORDS, width=PHONE),
        charts.bars_by_name(NAMES, text=TEXT, width=DESK),
        charts.bars_by_name(NAMES, text=TEXT, width=PHONE),
        charts.share_bar(parts, text=TEXT),
    ]


@pytest.mark.parametrize("svg", all_charts())
def test_a_chart_passes_a_strict_content_policy(svg: str) -> None:
    assert not re.search(r"<style|\sstyle=|<script|\son\w+=|href=|url\(", svg)


@pytest.mark.parametrize("svg", all_charts())
def test_a_chart_tells_its_message_to_a_reader_who_cannot_see_it(svg: str) -> None:
    root = parsed(svg)
    assert root.get("role") == "img"
    named = [root.find(f"*[@id='{name}']") for name in (root.get("aria-labelledby") or "").split()]
    assert [element.text for element in named if element is not None] == [
        TEXT.title,
        TEXT.description,
    ]


def test_the_same_values_give_the_same_bytes() -> None:
    assert all_charts() == all_charts()


def test_a_phone_and_a_desk_drawing_of_one_chart_can_stand_on_one_page() -> None:
    ids = re.findall(r'\bid="([^"]+)"', "".join(all_charts()[:2]))
    assert len(ids) == len(set(ids))


def test_columns_start_at_the_floor_and_rows_at_the_line() -> None:
    columns = bars(charts.bars_by_month(MONTHS, text=TEXT, words=WORDS), Tone.ARRIVED)[1:]
    assert {float(bar["y"]) + float(bar["height"]) for bar in columns} == {300.0}
    rows = bars(charts.bars_by_month(MONTHS, text=TEXT, words=WORDS, width=PHONE), Tone.ARRIVED)[1:]
    assert {bar["x"] for bar in rows} == {"46"}


def test_a_bar_twice_as_long_is_twice_the_money() -> None:
    pair = [NameBar("ก", BAHT(400)), NameBar("ข", BAHT(200))]
    for width in (PHONE, DESK):
        long, short = bars(charts.bars_by_name(pair, text=TEXT, width=width), Tone.ARRIVED)
        assert float(long["width"]) == pytest.approx(2 * float(short["width"]), abs=0.1)


def test_a_phone_shows_amounts_in_full_to_the_satang() -> None:
    shown = texts(charts.bars_by_month(MONTHS, text=TEXT, words=WORDS, width=PHONE))
    assert "402,650.50" in shown
    assert "จ่ายถึงมือแล้ว 562,280.50 บาท" in shown


def test_a_desk_rounds_its_labels_and_names_their_unit() -> None:
    shown = texts(charts.bars_by_month(MONTHS, text=TEXT, words=WORDS))
    assert shown[2:] == [
        *("หน่วย: พันบาท", "ต.ค.", "212", "150", "พ.ย.", "535", "403"),
        *("ธ.ค.", "0", "9.43", "ม.ค."),
    ]


def test_a_month_that_has_not_come_has_a_name_and_no_amount() -> None:
    shown = texts(charts.bars_by_month(MONTHS, text=TEXT, words=WORDS))
    assert shown[-1] == "ม.ค."


def test_a_month_without_money_shows_a_zero_and_no_bar() -> None:
    svg = charts.bars_by_month([MonthBars("ต.ค.", BAHT(0), BAHT(0))], text=TEXT, words=WORDS)
    assert texts(svg)[-2:] == ["0", "0"]
    assert len(bars(svg, Tone.ARRIVED)) == 1


def test_nothing_to_draw_is_still_a_chart() -> None:
    for width in (PHONE, DESK):
        assert parsed(charts.bars_by_month([], text=TEXT, words=WORDS, width=width)).tag
        assert parsed(charts.bars_by_name([], text=TEXT, width=width)).tag
    assert not bars(charts.share_bar([Part(BAHT(0), Tone.LEFT)], text=TEXT), Tone.LEFT)


def test_negative_amounts_are_refused() -> None:
    loss = -BAHT(1)
    with pytest.raises(ValueError, match="starts at zero"):
        charts.bars_by_name([NameBar("ก", loss)], text=TEXT)
    with pytest.raises(ValueError, match="starts at zero"):
        charts.bars_by_month([MonthBars("ต.ค.", None, loss)], text=TEXT, words=WORDS)
    with pytest.raises(ValueError, match="starts at zero"):
        charts.share_bar([Part(loss, Tone.LEFT)], text=TEXT)


def test_words_from_outside_cannot_become_markup() -> None:
    hostile = '"><script>alert(1)</script>&'
    text = ChartText(hostile, hostile, hostile)
    svg = charts.bars_by_name([NameBar(hostile, BAHT(1))], text=text)
    assert "<script" not in svg
    assert texts(svg)[0] == hostile


@pytest.mark.parametrize(
    ("longest", "amount", "label"),
    [
        (BAHT(999), Money(80_050), "801"),
        (BAHT(999), Money(20), "<1"),
        (BAHT(1_000), BAHT(1_000), "1"),
        (BAHT(9_430), BAHT(9_430), "9.43"),
        (BAHT(94_350), BAHT(94_350), "94.4"),
        (BAHT(150_500), BAHT(150_500), "151"),
        (BAHT(150_500), BAHT(4), "<0.01"),
        (BAHT(999_999), BAHT(999_999), "1,000"),
        (BAHT(1_000_000), BAHT(45_000), "0.05"),
        (BAHT(12_345_678), BAHT(12_345_678), "12.3"),
        (BAHT(12_345_678), BAHT(5_500_000), "5.5"),
    ],
)
def test_labels_of_columns_keep_three_digits(longest: Money, amount: Money, label: str) -> None:
    months = [MonthBars("ต.ค.", longest, None), MonthBars("พ.ย.", None, amount)]
    assert texts(charts.bars_by_month(months, text=TEXT, words=WORDS))[-1] == label


def test_a_long_name_breaks_before_a_word_and_loses_nothing() -> None:
    lines = texts(charts.bars_by_name([NAMES[0]], text=TEXT, width=PHONE))[:-1]
    assert lines == [
        "คณะอนุกรรมการกองทุนเพื่อลดความเหลื่อมล้ำ",
        "เพื่อสร้างพื้นที่แห่งฝัน",
    ]
    english = texts(charts.bars_by_name([NAMES[2]], text=TEXT, width=PHONE))[:-1]
    assert " ".join(english) == NAMES[2].name


def test_the_caller_may_say_where_a_name_breaks() -> None:
    name = "มหาวิทยาลัยเทคโนโลยีราชมงคลตะวันออก\u200bวิทยาเขตจักรพงษภูวนารถสาขา"
    lines = texts(charts.bars_by_name([NameBar(name, BAHT(1))], text=TEXT, width=PHONE))[:-1]
    assert lines == name.split("\u200b")


def test_nothing_runs_out_of_the_drawing() -> None:
    pair = [
        MonthBars("ต.ค.", BAHT(534_800), Money(53_470_025)),
        MonthBars("เม.ย.", None, Money(1)),
    ]
    for svg, width in (
        (charts.bars_by_month(pair, text=TEXT, words=WORDS, width=PHONE), PHONE),
        (charts.bars_by_name(NAMES, text=TEXT, width=PHONE), PHONE),
        (charts.bars_by_name(NAMES, text=TEXT, width=DESK), DESK),
    ):
        for element in parsed(svg).iter(f"{SVG}text"):
            wide = sarabun_width(element.text or "", 14)
            left = float(element.get("x", "0"))
            left -= wide if element.get("text-anchor") == "end" else 0
            assert left >= 0
            assert left + wide <= width


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**12))
def test_the_parts_of_a_whole_fill_the_bar(arrived: int, waiting: int, left: int) -> None:
    parts = [
        Part(Money(satang), tone)
        for satang, tone in zip(
            (arrived, waiting, left), (Tone.ARRIVED, Tone.WAITING, Tone.LEFT), strict=True
        )
    ]
    svg = charts.share_bar(parts, text=TEXT)
    drawn = sum(float(bar.get("width", "0")) for bar in parsed(svg).iter(f"{SVG}rect"))
    assert drawn == pytest.approx(998 if arrived + waiting + left else 0, abs=0.3)


def sarabun_width(text: str, size: float) -> float:
    font = files("fontpkg_sarabun") / "files" / "Sarabun-SemiBold.ttf"
    return ImageFont.truetype(str(font), 1000).getlength(text) * size / 1000


def test_the_words_of_a_chart_for_paper_keep_their_places() -> None:
    drawn = charts.bars_by_month(MONTHS, text=TEXT, words=WORDS, width=700)
    within = [each.text for each in ET.fromstring(drawn).iter(f"{SVG}text")]  # noqa: S314 - our own
    box = ET.fromstring(words_apart(drawn, 350))  # noqa: S314 - our own drawing
    assert box.attrib["style"] == "height:166.00mm"
    assert [each.text for each in box.iter("span")] == within
    assert not list(box.iter(f"{SVG}text"))
    months = {each.text: each.attrib["style"] for each in box.iter("span")}
    # The first of four months stands over the middle of the first quarter.
    assert months["ต.ค."].startswith("left:-306.25mm;width:700.00mm;")
    assert "text-align:center" in months["ต.ค."]
    assert months["หน่วย: พันบาท"].startswith("right:0.00mm;")
    assert months["ผูกพันแล้ว 747,200 บาท"].startswith("left:11.00mm;")


def test_the_parts_of_a_whole_are_told_apart_in_grey() -> None:
    parts = [Part(BAHT(1), tone) for tone in Tone]
    fills = [
        bar.attrib["fill"] for bar in parsed(charts.share_bar(parts, text=TEXT)).iter(f"{SVG}rect")
    ]
    greys = sorted(
        0.299 * red + 0.587 * green + 0.114 * blue
        for fill in fills
        for red, green, blue in [bytes.fromhex(fill[1:])]
    )
    assert len(greys) == len(Tone)
    assert min(after - before for before, after in pairwise(greys)) > 25
