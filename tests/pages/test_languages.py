"""One page in one language, and what is said in the other meanwhile."""

from __future__ import annotations

from contextvars import Context

import pytest
from flask import render_template_string
from flask_babel import force_locale
from flask_babel import gettext
from flask_babel import lazy_gettext

from tests.conftest import Portal

THAI, ENGLISH = "คำขอเบิก", "Requests"
LATER = lazy_gettext("Requests")


@pytest.mark.parametrize(("root", "own", "other"), [("", THAI, ENGLISH), ("/en", ENGLISH, THAI)])
def test_another_language_holds_for_as_long_as_it_is_forced(
    portal: Portal, root: str, own: str, other: str
) -> None:
    spoken = Context().run(spoken_at, portal, root, forced="th" if root else "en")
    assert spoken == [[own] * 3, [other] * 3, [own] * 3]


def spoken_at(portal: Portal, root: str, *, forced: str) -> list[list[str]]:
    """Say one word before, while and after another language is forced."""
    with portal.app.test_request_context(environ_overrides={"SCRIPT_NAME": root}):
        before = said()
        with force_locale(forced):
            meanwhile = said()
        return [before, meanwhile, said()]


def said() -> list[str]:
    """Say it in a page's code, in its template, and as a text that was written before."""
    return [gettext("Requests"), render_template_string("{{ _('Requests') }}"), str(LATER)]
