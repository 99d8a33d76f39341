"""The fold: from published entries, and nothing else, to every public figure.

Pure code. Anybody runs the same fold on a copy of the log and must get the same figures; an entry
that breaks a rule of the house stops it with a `FoldError` that names the entry.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping

from portal.audit.entry import Entry
from portal.audit.entry import check_entry
from portal.errors import N_
from portal.errors import PortalError
from portal.publishing import case_fold
from portal.publishing import money_fold
from portal.publishing import paper_fold
from portal.publishing import report_fold
from portal.publishing import request_fold
from portal.publishing import rule_fold
from portal.publishing.folding import FoldError
from portal.publishing.naming import NamingError
from portal.publishing.shelf import Shelf
from portal.publishing.vocabulary import TYPES

# Raised whenever the fold would tell the same entries differently: the tables are then made anew.
VERSION = 10

_TELLS: Mapping[str, Callable[[Shelf, int, Entry], None]] = {
    **rule_fold.TELLS,
    **request_fold.TELLS,
    **paper_fold.TELLS,
    **money_fold.TELLS,
    **report_fold.TELLS,
}


def step(shelf: Shelf, index: int, entry: Entry) -> None:
    """Let one entry change what is known, or raise `FoldError`."""
    try:
        check_entry(entry, TYPES)
    except PortalError as error:
        raise FoldError(index, error.sentence, **error.facts) from error
    if (index == 0) != (entry.type == "log.genesis"):
        raise FoldError(index, N_("the log begins with its genesis, and has one"))
    tell, tell_case = _TELLS.get(entry.type), case_fold.TELLS.get(entry.type)
    try:
        if tell is not None:
            tell(shelf, index, entry)
        elif tell_case is not None:
            tell_case(shelf, entry)
    except (NamingError, case_fold.CaseError) as error:
        raise FoldError(index, error.sentence, **error.facts) from error
    except (OverflowError, ValueError) as error:
        raise FoldError(index, N_("a time that the calendar does not have")) from error
