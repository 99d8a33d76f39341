"""The forms that stand on a page, read as a browser reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from tests.hostile import png

TYPED = frozenset({"text", "search", "email", "tel", "url", "number", "password", "date"})
# A file is called by a name, which somebody typed too.
TEXTS = TYPED | {"textarea", "file"}


@dataclass(slots=True)
class Control:
    """One control: what it is called, what kind it is, what is in it, what it offers."""

    name: str
    kind: str
    value: str
    is_chosen: bool = True
    is_wrong: bool = False
    length_max: int | None = None

    @property
    def is_text(self) -> bool:
        return self.kind in TEXTS


@dataclass(slots=True)
class PageForm:
    """A form, and its controls in the order of the page."""

    action: str
    method: str
    controls: list[Control]

    @property
    def texts(self) -> list[Control]:
        """Return the controls into which somebody types."""
        return [control for control in self.controls if control.is_text]

    @property
    def wrong(self) -> set[str]:
        """Return the names of the controls that are marked as filled wrongly."""
        return {control.name for control in self.controls if control.is_wrong}


class _Reader(HTMLParser):
    """Collects forms; a control outside a form may name its form by id."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self._by_id: dict[str, PageForm] = {}
        self._loose: list[tuple[str, Control]] = []
        self._open: PageForm | None = None
        self._area: Control | None = None
        self._select: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = PageForm(has.get("action", ""), has.get("method", "get").lower(), [])
            self.forms.append(self._open)
            self._by_id[has.get("id", "")] = self._open
        elif tag == "select":
            self._select = has
        elif tag == "option" and self._select:
            has |= {"name": self._select["name"], "type": "option"}
            self._add(self._select, _control(has, is_chosen="selected" in has))
        elif tag in {"input", "textarea", "button"} and has.get("name"):
            kind = has.get("type", "text") if tag == "input" else tag
            is_ticked = kind not in {"checkbox", "radio"} or "checked" in has
            self._add(has, _control(has | {"type": kind}, is_chosen=is_ticked))

    def _add(self, has: dict[str, str], control: Control) -> None:
        if control.kind == "textarea":
            self._area = control
        if "form" in has:
            self._loose.append((has["form"], control))
        elif self._open is not None:
            self._open.controls.append(control)

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.value += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "textarea" and self._area is not None:
            # The line that begins a text area is none of its text.
            self._area.value = re.sub(r"^\r?\n", "", self._area.value)
            self._area = None
        elif tag == "select":
            self._select = {}

    def close(self) -> None:
        super().close()
        for name, control in self._loose:
            self._by_id[name].controls.append(control)


def _control(has: dict[str, str], *, is_chosen: bool) -> Control:
    kind, length = has["type"], has.get("maxlength")
    value = has.get("value", "on" if kind in {"checkbox", "radio"} else "")
    return Control(
        has["name"],
        kind,
        value,
        is_chosen,
        is_wrong="aria-invalid" in has,
        length_max=int(length) if length else None,
    )


def page_forms(page: str) -> Iterator[PageForm]:
    """Return every form of a page that sends something."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return (form for form in reader.forms if form.controls)


def filled(form: PageForm, body: Mapping[str, Any]) -> dict[str, Any]:
    """Fill a form as the doors do where it offers what they send, else as it stands."""
    sent: dict[str, Any] = {}
    for name in {control.name: None for control in form.controls}:
        controls = [control for control in form.controls if control.name == name]
        if (value := _filled(controls, body.get(name))) is not None:
            sent[name] = value
    return sent


def _filled(controls: list[Control], wanted: Any) -> Any:
    first = controls[0]
    if first.kind == "file":
        return (wanted[0].getvalue() if wanted else png(), wanted[1] if wanted else "a.png")
    if first.is_text or first.kind == "hidden":
        is_given = wanted is not None and not (first.kind == "hidden" and first.value)
        return wanted if is_given else first.value
    if wanted in {control.value for control in controls}:
        return wanted
    offered = [control.value for control in controls if control.value]
    chosen = [control.value for control in controls if control.is_chosen and control.value]
    if first.kind == "button":
        return None
    return next(iter((*chosen, *offered)), None)
