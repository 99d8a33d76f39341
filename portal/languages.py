"""The catalogue of a page's language, found once for a page and not once for each of its words.

Flask-Babel works out at every word whose turn it is, through nine proxies; with some hundred words
that was a seventh of the time of a page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask import g
from flask import has_app_context
from flask_babel import Babel
from flask_babel import Domain


class OncePerPage(Domain):  # type: ignore[misc]  # Flask-Babel has no types
    """The texts of the portal; their catalogue is kept until another language is forced."""

    def get_translations(self) -> Any:  # Babel's own class
        """Return the catalogue of the language that holds now."""
        # Flask-Babel's own place of a page; it empties this for as long as a language is forced.
        place = g.get("_flask_babel") if has_app_context() else None
        found = getattr(place, "babel_translations", None)
        if found is None:
            found = super().get_translations()
            if place is not None:
                place.babel_translations = found
        return found


def attach(app: Flask, selected: Callable[[], str]) -> None:
    """Let pages speak the language that is selected."""
    babel = Babel()
    texts = babel.domain_instance = OncePerPage()
    babel.init_app(app, locale_selector=selected)
    words: Any = app.jinja_env  # its extension for texts has no types
    words.install_gettext_callables(
        gettext=lambda text: texts.get_translations().ugettext(text),
        ngettext=lambda one, many, count: texts.get_translations().ungettext(one, many, count),
        newstyle=True,
    )
