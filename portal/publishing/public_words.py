"""The words of a public search, in both languages of the pages."""

from __future__ import annotations

from portal.db import db
from portal.labels import KINDS
from portal.labels import STATES
from portal.publishing.narrowing import search_words
from portal.publishing.queries import STATUSES
from portal.publishing.searching import Facet
from portal.publishing.searching import Search
from portal.publishing.searching import Words
from portal.words import in_both


def spoken_words(search: Search) -> Words:
    """Return the words to search by: the names in the log, and those of states and kinds.

    There are none where nothing was typed: most readers follow links.
    """
    if not search.terms:
        return {}
    words = search_words(db.session())
    states = {status: STATES[status] for status in STATUSES}
    for facet, texts in ((Facet.STATUS, states), (Facet.KIND, KINDS)):
        for code, said in in_both(texts).items():
            words[facet.value, code] = " ".join(said).casefold()
    return words
