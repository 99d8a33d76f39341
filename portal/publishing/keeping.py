"""Public answers that browsers, proxies and other people's programs may keep."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import ParamSpec

from flask import Response
from flask import current_app
from flask import make_response
from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from portal.db import db
from portal.publishing import queries

Given = ParamSpec("Given")
# The largest position that a database can be asked for.
POSITION_MAX = 2**63 - 1
View = Callable[Given, ResponseReturnValue]


def kept_by_readers(view: View[Given]) -> Callable[Given, Response]:
    """Let browsers and proxies keep a page, and tell them when it has not changed since."""

    @wraps(view)
    def answer(*args: Given.args, **kwargs: Given.kwargs) -> Response:
        tag = _edition()
        if request.if_none_match.contains_weak(tag):
            response = Response(status=HTTPStatus.NOT_MODIFIED)
        else:
            response = make_response(view(*args, **kwargs))
        # Weak: a proxy may compress the page.
        response.set_etag(tag, weak=True)
        response.headers["Cache-Control"] = "public, no-cache"
        return response

    return answer


def for_any_origin(view: Callable[Given, Response]) -> Callable[Given, Response]:
    """Let other people's pages show the answer, and their scripts read it.

    It is the same for everybody.
    """

    @wraps(view)
    def answer(*args: Given.args, **kwargs: Given.kwargs) -> Response:
        response = view(*args, **kwargs)
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    return answer


def before() -> int | None:
    """Return the log position before which the page that is asked for begins."""
    asked = request.args.get("before", None, type=int)
    return None if asked is None else min(max(asked, 0), POSITION_MAX)


def _edition() -> str:
    """Name this edition of all public pages: the log, the language, and the portal's own files."""
    log = queries.edition(db.session())
    return f"{log}-{get_locale()}-{current_app.config['EDITION']}"


def problem(status: HTTPStatus, detail: str) -> Response:
    """Return a refusal as programs read it (RFC 9457)."""
    told = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": detail}
    answer = Response(json.dumps(told, ensure_ascii=False), mimetype="application/problem+json")
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer
