"""Keeping that whoever is signed in opened a page or took a file: what pages call before they show.

Every page about one person does, and every file that leaves with names in it. Lists on the screen
do not: a name that passes by among fifty would drown those that somebody went to look at.
"""

from __future__ import annotations

from sqlalchemy import Select

from portal.clock import now
from portal.db import transaction
from portal.security import current_actor
from portal.youths.reads import note_read
from portal.youths.reads import note_reads
from portal.youths.rules import ReadPage


def keep_read(youth_id: int | None, page: ReadPage) -> None:
    """Keep that somebody is read about; a page that is about nobody keeps nothing."""
    if youth_id is not None:
        with transaction() as session:
            note_read(session, youth_id, page=page, by=current_actor(), at=now())


def keep_reads(youth_ids: Select[int | None], page: ReadPage) -> None:
    """Keep that a file tells of all these people."""
    with transaction() as session:
        note_reads(session, youth_ids, page=page, by=current_actor(), at=now())
