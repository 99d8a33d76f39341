"""The fold of reports: what no log may say of them."""

from __future__ import annotations

from typing import Any

import pytest

from portal.audit.entry import Entry
from portal.audit.entry import Json
from portal.publishing.fold import step
from portal.publishing.folding import FoldError
from portal.publishing.report_codes import ReportState
from portal.publishing.shelf import Name
from portal.publishing.shelf import Shelf
from portal.publishing.vocabulary import TYPES

AT = "2026-12-02T03:00:00Z"
OFFICER, AUDITOR, CHAIR = "0" * 16, "1" * 16, "2" * 16
DIGESTS: dict[str, Json] = {"th_pdf": "a" * 64, "en_pdf": "b" * 64, "pack": "c" * 64}
FIRST, SECOND = "R-2026-11-1", "R-2026-11-2"


def told(type_name: str, role: str, /, *, at: str = AT, **public: Json) -> Entry:
    private = dict.fromkeys(TYPES[type_name].private, "")
    return Entry("", type_name, at, role, public, private, ())


def prepared(reference: str = FIRST, *, role: str = "officer", **more: Any) -> Entry:
    given: dict[str, Any] = {
        "reference": reference,
        "party": OFFICER,
        "period": "2026-11",
        "size": 1,
        "root": "d" * 64,
        **DIGESTS,
    }
    return told("report.prepared", role, **given | more)


def answered(reference: str = FIRST, *, role: str = "auditor", **more: Any) -> Entry:
    given: dict[str, Any] = {"reference": reference, "party": AUDITOR, "opinion": "agrees"}
    given["remarks"] = 0
    return told("report.answered", role, **given | more)


def published(reference: str = FIRST, *, role: str = "driving_chair", **more: Any) -> Entry:
    given = {"reference": reference, "party": CHAIR, "supersedes": None, **DIGESTS}
    return told("report.published", role, **given | more)


def fold(*entries: Entry, first_month: int = 10) -> Shelf:
    shelf = Shelf()
    foundation = Name("มูลนิธิ", "Foundation", {"first_month": first_month})
    shelf.names["foundation", "RYG"] = {"2026-11-02": foundation}
    for index, entry in enumerate(entries, 1):
        step(shelf, index, entry)
    return shelf


def test_a_report_goes_its_way() -> None:
    report = fold(prepared()).reports[FIRST]
    assert (report.state, report.edition, report.size) == (ReportState.PREPARED, 1, 1)
    report = fold(prepared(), answered(opinion="disagrees", remarks=2)).reports[FIRST]
    assert (report.state, report.opinion, report.remarks) == (
        ReportState.ANSWERED,
        "disagrees",
        2,
    )
    report = fold(prepared(), answered(), published()).reports[FIRST]
    assert (report.state, report.published_at) == (ReportState.PUBLISHED, AT)


def test_a_newer_edition_supersedes_what_was_published() -> None:
    reports = fold(
        prepared(),
        answered(),
        published(),
        prepared(SECOND),
        answered(SECOND),
        published(SECOND, supersedes=FIRST),
    ).reports
    assert (reports[FIRST].superseded_by, reports[SECOND].supersedes) == (SECOND, FIRST)
    assert reports[FIRST].state is ReportState.PUBLISHED


def test_a_newer_edition_of_what_was_not_published_supersedes_nothing() -> None:
    reports = fold(
        prepared(), answered(), prepared(SECOND), answered(SECOND), published(SECOND)
    ).reports
    assert (reports[FIRST].superseded_by, reports[SECOND].supersedes) == ("", "")


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ([prepared(role="auditor")], "takes no such step"),
        ([prepared(SECOND)], FIRST),
        ([prepared(period="2026-13")], "is no period"),
        ([prepared(period="FY2570-Q1")], "next report of it is R-FY2570-Q1-1"),
        ([prepared(size=2)], "not before it"),
        ([prepared(size=0)], "not before it"),
        ([prepared(at="2026-11-30T16:59:59Z")], "not over"),
        ([prepared(), prepared(SECOND)], "waits for an answer"),
        ([answered()], "knows no report"),
        ([prepared(), answered(role="officer")], "takes no such step"),
        ([prepared(), answered(party=OFFICER)], "two duties"),
        ([prepared(), answered(opinion="likes")], "no opinion"),
        ([prepared(), answered(), answered()], "takes no such step"),
        ([published()], "knows no report"),
        ([prepared(), published()], "takes no such step"),
        ([prepared(), answered(), published(role="chair")], "takes no such step"),
        ([prepared(), answered(), published(party=OFFICER)], "two duties"),
        ([prepared(), answered(), published(party=AUDITOR)], "two duties"),
        ([prepared(), answered(), published(pack="0" * 64)], "other files"),
        ([prepared(), answered(), published(th_pdf="0" * 64)], "other files"),
        ([prepared(), answered(), published(supersedes=FIRST)], "supersedes -"),
        ([prepared(), answered(), prepared(SECOND), published()], "prepared after it"),
        (
            [
                prepared(),
                answered(),
                published(),
                prepared(SECOND),
                answered(SECOND),
                published(SECOND),
            ],
            f"supersedes {FIRST}",
        ),
        ([prepared(), answered(), published(), published()], "takes no such step"),
    ],
)
def test_what_no_log_may_say(entries: list[Entry], why: str) -> None:
    with pytest.raises(FoldError, match=why):
        fold(*entries)


def test_a_quarter_is_over_with_its_last_month() -> None:
    quarter = {"reference": "R-FY2570-Q1-1", "period": "FY2570-Q1"}
    with pytest.raises(FoldError, match="not over"):
        fold(prepared(**quarter))
    assert fold(prepared(**quarter, at="2027-01-01T00:00:00Z")).reports


def test_a_log_without_a_fiscal_year_tells_no_report() -> None:
    with pytest.raises(FoldError, match="names no foundation"):
        step(Shelf(), 1, prepared())
    with pytest.raises(FoldError, match="calendar"):
        fold(prepared(period="FY2569", reference="R-FY2569-1"), first_month=0)
