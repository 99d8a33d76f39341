"""Making the files of a report: the same entries always give the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from portal.manuscript import Manuscript
from portal.press import cores
from portal.press import press
from portal.publishing.report_codes import ReportFile
from portal.reports.report_json import document
from portal.reports.report_pack import pack
from portal.reports.report_paper import manuscripts
from portal.reports.report_told import Folded
from portal.reports.report_told import ReportTold
from portal.reports.report_told import told as tell


@dataclass(frozen=True, slots=True)
class House:
    """What the log does not say: where reports are read, and whether all of this is a demo."""

    base_url: str
    is_demo: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """A report that is told and not yet printed."""

    told: ReportTold
    pack: bytes
    papers: tuple[Manuscript, ...]


def drafted(folded: Folded, period: str, house: House) -> Draft:
    """Tell a report and write it, or raise why there is none."""
    told = tell(folded, period)
    address = f"{house.base_url}/reports/{told.reference}"
    written = document(told, folded, address=address)
    packed = pack(told, written)
    papers = manuscripts(
        told,
        written,
        pack_digest=hashlib.sha256(packed).hexdigest(),
        is_demo=house.is_demo,
    )
    return Draft(told, packed, tuple(papers))


def printed(draft: Draft) -> Mapping[ReportFile, bytes]:
    """Make the files of a report, both papers at once where there are cores for it."""
    thai, english = press(draft.papers, processes=min(cores(), len(draft.papers)))
    return {
        ReportFile.THAI: thai.content,
        ReportFile.ENGLISH: english.content,
        ReportFile.PACK: draft.pack,
    }
