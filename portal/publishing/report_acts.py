"""What the log says of reports: of which period, made from what, and the digests of the files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from portal.audit.entry import Draft
from portal.audit.entry import EntryType
from portal.audit.entry import Field
from portal.audit.entry import Json
from portal.audit.entry import Kind
from portal.audit.entry import Secret
from portal.people.acts import actor_secret
from portal.publishing.report_codes import STEPS
from portal.publishing.report_codes import Opinion
from portal.publishing.report_codes import ReportAction
from portal.publishing.report_codes import ReportState
from portal.roles import Actor

_REPORT = {
    "reference": Field(Kind.REFERENCE, "the report: its period, and after it its edition"),
    "party": Field(Kind.CODE, "who acted: a code that holds within this report only"),
}
_DIGESTS = {
    "th_pdf": Field(Kind.DIGEST, "SHA-256 of the report in Thai"),
    "en_pdf": Field(Kind.DIGEST, "SHA-256 of the report in English"),
    "pack": Field(Kind.DIGEST, "SHA-256 of its data pack"),
}

REPORT_PREPARED = EntryType(
    "report.prepared",
    public=_REPORT
    | {
        "period": Field(Kind.CODE, "the month, quarter or fiscal year that it tells of"),
        "size": Field(Kind.COUNT, "from how many entries of the log it is made"),
        "root": Field(Kind.DIGEST, "the root of the log at that size"),
    }
    | _DIGESTS,
)
REPORT_ANSWERED = EntryType(
    "report.answered",
    public=_REPORT
    | {
        "opinion": Field(Kind.CODE, "what the auditor says of it, from a fixed list"),
        "remarks": Field(Kind.COUNT, "how many remarks the auditor made"),
    },
    private=("words",),
)
REPORT_PUBLISHED = EntryType(
    "report.published",
    public=_REPORT
    | {
        "supersedes": Field(
            Kind.REFERENCE, "the report that it takes the place of", may_be_null=True
        )
    }
    | _DIGESTS,
)
ALL = (REPORT_PREPARED, REPORT_ANSWERED, REPORT_PUBLISHED)


def prepared(public: Mapping[str, Json], *, by: Actor, at: datetime) -> Draft:
    """A report was made, and waits for the auditor."""
    role = STEPS[None, ReportAction.PREPARE].by
    return Draft(REPORT_PREPARED, at, role, actor_secret(by), public)


def answered(
    public: Mapping[str, Json],
    opinion: Opinion,
    *,
    remarks: int,
    words: Secret,
    by: Actor,
    at: datetime,
    ref: str,
) -> Draft:
    """The auditor said what they think of a report; `ref` is the entry of its preparation."""
    role = STEPS[ReportState.PREPARED, ReportAction.ANSWER].by
    told = {**public, "opinion": opinion.value, "remarks": remarks}
    return Draft(REPORT_ANSWERED, at, role, actor_secret(by), told, {"words": words}, (ref,))


def published(public: Mapping[str, Json], *, by: Actor, at: datetime, ref: str) -> Draft:
    """A report was published; `ref` is the entry of its answer."""
    role = STEPS[ReportState.ANSWERED, ReportAction.PUBLISH].by
    return Draft(REPORT_PUBLISHED, at, role, actor_secret(by), public, {}, (ref,))
