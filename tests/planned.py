"""Forms that first show what they would do: sending one, reading the mark, sending it again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

from werkzeug.test import TestResponse

from tests.conftest import Visitor

MARK = re.compile(r'name="confirmed" value="([0-9a-f]{16})"')


def shown(client: Visitor, url: str, data: Mapping[str, object]) -> str:
    """Send a form for the first time; return the page that says what would happen."""
    answer = client.post(url, data=data)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert MARK.search(answer.text), re.findall(r'class="error"[^>]*>(.*?)</p>', answer.text)
    return answer.text


def mark(page: str) -> str:
    found = MARK.search(page)
    assert found is not None
    return found[1]


def confirmed(client: Visitor, url: str, data: Mapping[str, object]) -> TestResponse:
    """Send a form, and then again with its final button."""
    return client.post(url, data={**data, "confirmed": mark(shown(client, url, data))})
