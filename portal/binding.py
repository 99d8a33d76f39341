"""Binding: the parts of a long paper as one PDF, each of them written before the next one is made.

A part comes as the objects that WeasyPrint is about to write, some 400 for a page. Here they get
numbers that go on from part to part, and are let go; what belongs to the whole stays to the end.
pydyf has no types, so its objects are `Any`.
"""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pydyf import Array
from pydyf import Dictionary
from pydyf import Stream
from pydyf import String

_HEADER = b"%PDF-1.7\n%\xf0\x9f\x96\xa4\n"
_REFERENCE = re.compile(rb"([0-9]+) 0 R")
# How a page and a link name their places in the table of what is tagged.
_PLACES = {"StructParents", "StructParent"}
# A folio is no part of what a page tells.
_ARTIFACT = b"/Artifact <</Type /Pagination /Subtype /Footer>> BDC"


class _Moving(dict[int, int]):
    """The numbers that a PDF's objects get in the book, each when it is first spoken of."""

    def __init__(self, known: Mapping[int, int], new: Callable[[], int]) -> None:
        super().__init__(known)
        self._new = new
        self.waiting: deque[int] = deque()

    def __missing__(self, number: int) -> int:
        self.waiting.append(number)
        self[number] = new = self._new()
        return new

    def moved(self, value: Any) -> Any:
        """Return a value that speaks of objects by their new numbers; it is changed in place."""
        if isinstance(value, bytes):
            match = _REFERENCE.fullmatch(value)
            return b"%d 0 R" % self[int(match[1])] if match else value
        if isinstance(value, dict):
            for key, inner in value.items():
                value[key] = self.moved(inner)
        elif isinstance(value, list):
            value[:] = map(self.moved, value)
        elif isinstance(value, Stream):
            self.moved(value.extra)
        return value


@dataclass(frozen=True, slots=True)
class _Spine:
    """What a PDF has once, and all its pages hang on: the book's, or that of a part."""

    catalog: Any
    pages: Any
    root: Any
    document: Any
    places: Any

    @classmethod
    def of(cls, pdf: Any) -> _Spine:
        """Return what the pages of a part hang on."""
        root = _object(pdf, pdf.catalog["StructTreeRoot"])
        document = _object(pdf, root["K"][0])
        return cls(pdf.catalog, pdf.pages, root, document, _object(pdf, root["ParentTree"]))

    @classmethod
    def bare(cls) -> _Spine:
        """Return what the pages of a book will hang on; its objects have the first numbers."""
        spine = cls(
            catalog=Dictionary({"Type": "/Catalog", "Pages": b"2 0 R", "StructTreeRoot": b"3 0 R"}),
            pages=Dictionary({"Type": "/Pages", "Kids": Array()}),
            root=Dictionary(
                {"Type": "/StructTreeRoot", "K": Array([b"4 0 R"]), "ParentTree": b"5 0 R"}
            ),
            document=Dictionary(
                {"Type": "/StructElem", "S": "/Document", "P": b"3 0 R", "K": Array()}
            ),
            places=Dictionary({"Nums": Array()}),
        )
        for number, thing in spine.numbered().items():
            thing.number = number
        return spine

    def numbered(self) -> dict[int, Any]:
        """Return its objects by their numbers in a book."""
        return dict(enumerate((self.catalog, self.pages, self.root, self.document, self.places), 1))


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A page of the book, and what it draws with, where its folio will be added."""

    number: int
    resources: Any


class Book:
    """A PDF that grows part by part and reads as if it were made at once.

    A part is used up. What belongs to the whole, such as its title, is taken from the first one
    that has it. Links from one part into another do not come along.
    """

    def __init__(self) -> None:
        self._output = BytesIO()
        self._output.write(_HEADER)
        self._digest = hashlib.sha256()
        self._spine = _Spine.bare()
        self._info: Any = None
        self._leaves: list[_Leaf] = []
        # What may still change when its part is done, by its number.
        self._growing = self._spine.numbered()
        # Where each object begins, by its number; no object has the number 0.
        self._offsets = [0] * (1 + len(self._growing))
        # How many places the table of what is tagged has.
        self._places = 0

    def bind(self, part: Any) -> None:
        """Add the pages of a part; their folios come last."""
        spine = _Spine.of(part)
        known = {thing.number: number for number, thing in spine.numbered().items()}
        moving = _Moving(known, self._new_number)
        self._name_cells_apart(part)
        self._take_once(part, moving)
        for number in spine.pages["Kids"][::3]:
            self._add_leaf(part, part.objects[number], moving)
        self._spine.document["K"] += moving.moved(spine.document["K"])
        places = moving.moved(spine.places["Nums"])
        places[::2] = [place + self._places for place in places[::2]]
        self._spine.places["Nums"] += places
        self._write_waiting(part, moving)
        self._places = places[-2] + 1

    def finished(self, folios: Any, *, identifier: str) -> bytes:
        """Return the book, with what stands on the pages of another PDF over its own.

        The outlines of that PDF become those of the book.
        """
        numbers = folios.pages["Kids"][::3]
        known = {number: leaf.number for number, leaf in zip(numbers, self._leaves, strict=True)}
        moving = _Moving(known | {folios.pages.number: self._spine.pages.number}, self._new_number)
        self._take_once(folios, moving)
        for place, (number, leaf) in enumerate(zip(numbers, self._leaves, strict=True)):
            drawn = _form(folios, folios.objects[number])
            leaf.resources["XObject"][_folio(place)] = moving.moved(drawn.reference)
        self._write_waiting(folios, moving)
        self._spine.pages["Count"] = len(self._leaves)
        self._growing[self._new_number()] = self._info
        for number, thing in self._growing.items():
            self._write(thing, number)
        self._write_end(identifier)
        return self._output.getvalue()

    def _name_cells_apart(self, part: Any) -> None:
        """Let no cell have the name of one in another part: by it others know their header."""
        for thing in part.objects:
            if isinstance(thing, dict) and "ID" in thing:
                # Whoever speaks of the header holds the same string.
                thing["ID"].string = f"{len(self._leaves)}-{thing['ID'].string}"

    def _take_once(self, pdf: Any, moving: _Moving) -> None:
        self._info = self._info or pdf.info
        for key, value in pdf.catalog.items():
            if key not in self._spine.catalog:
                self._spine.catalog[key] = moving.moved(value)

    def _add_leaf(self, part: Any, page: Any, moving: _Moving) -> None:
        resources, drawn = _object(part, page["Resources"]), _object(part, page["Contents"])
        folio = f"/{_folio(len(self._leaves))} Do".encode()
        drawn.stream = [b"q", *drawn.stream, b"Q", _ARTIFACT, folio, b"EMC"]
        self._growing[moving[resources.number]] = resources
        self._leaves.append(_Leaf(moving[page.number], resources))
        self._spine.pages["Kids"].append(moving.moved(page.reference))

    def _write_waiting(self, pdf: Any, moving: _Moving) -> None:
        """Write what was spoken of, and what that speaks of in turn; nothing else comes along."""
        while moving.waiting:
            number = moving.waiting.popleft()
            thing = moving.moved(pdf.objects[number])
            if isinstance(thing, dict):
                for key in _PLACES & thing.keys():
                    thing[key] += self._places
            if moving[number] not in self._growing:
                self._write(thing, moving[number])

    def _new_number(self) -> int:
        self._offsets.append(0)
        return len(self._offsets) - 1

    def _write(self, thing: Any, number: int) -> None:
        thing.number = number
        self._offsets[number] = self._output.tell()
        written = thing.indirect + b"\n"
        self._digest.update(written)
        self._output.write(written)

    def _write_end(self, identifier: str) -> None:
        """Write where each object begins, and where a reader begins."""
        begins = self._output.tell()
        self._output.write(b"xref\n0 %d\n0000000000 65535 f \n" % len(self._offsets))
        self._output.writelines(b"%010d 00000 n \n" % offset for offset in self._offsets[1:])
        names = Array([String(identifier), String(self._digest.hexdigest())])
        trailer = Dictionary(
            {
                "Size": len(self._offsets),
                "Root": self._spine.catalog.reference,
                "Info": self._info.reference,
                "ID": names,
            }
        )
        self._output.write(b"trailer\n%b\nstartxref\n%d\n%%%%EOF\n" % (trailer.data, begins))


def _object(pdf: Any, reference: bytes) -> Any:
    return pdf.objects[int(reference.split()[0])]


def _folio(place: int) -> str:
    return f"Folio{place}"


def _form(pdf: Any, page: Any) -> Any:
    """Return what stands on a page as a picture that other pages can draw."""
    drawn = _object(pdf, page["Contents"])
    drawn.extra |= {
        "Type": "/XObject",
        "Subtype": "/Form",
        "BBox": page["MediaBox"],
        "Resources": page["Resources"],
    }
    return drawn
