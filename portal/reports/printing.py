"""Making the reports that were asked for: folded, told, printed, recorded.

The files lie in the archive before the entry that names their digests; that entry, the report and
the end of the job are one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal.audit.folder import Folder
from portal.jobs import service as jobs
from portal.jobs.bench import Bench
from portal.jobs.bench import Clock
from portal.jobs.bench import asker
from portal.jobs.service import Held
from portal.payments.printing import NotPrintedError
from portal.press import PressStoppedError
from portal.publishing.report_codes import ReportFile
from portal.reports.log_reading import folded
from portal.reports.making import Draft
from portal.reports.making import House
from portal.reports.making import drafted
from portal.reports.making import printed
from portal.reports.rules import REPORT_JOB
from portal.reports.service import prepare_report

TOLD = 1


@dataclass(frozen=True, slots=True)
class ReportPrinter:
    """One worker's press of reports: the database, the published log, and what it does not say."""

    engine: Engine
    info: dict[str, Any]  # as `writing` takes it
    folder: Folder
    house: House
    clock: Clock

    @property
    def _bench(self) -> Bench:
        return Bench(self.engine, self.info, REPORT_JOB, self.clock)

    def round(self) -> int:
        """Make every report that waits; return how many were made."""
        return sum(self._make(held) for [held] in self._bench.rounds(1))

    def _make(self, held: Held) -> bool:
        """Make a report, and note how its job ended; say whether it was recorded."""
        bench = self._bench
        with bench.refusing(held):
            try:
                draft = drafted(
                    folded(self.folder, int(held.asked["size"])), held.asked["about"], self.house
                )
                with bench.writing() as session:
                    jobs.note_step(session, held, done=TOLD)
                files = printed(draft)
                with bench.writing() as session:
                    jobs.finish_job(
                        session, held, _recorded(session, held, draft, files, self.clock())
                    )
            except (PressStoppedError, OSError):
                bench.end(held, partial(jobs.fail_job, error=NotPrintedError()))
            else:
                return True
        return False


def _recorded(
    session: Session, held: Held, draft: Draft, files: Mapping[ReportFile, bytes], at: datetime
) -> str:
    by = asker(session, held, at)
    return f"report:{prepare_report(session, draft.told, files, by=by, at=at).id}"
