"""Everything that is answered while somebody types hostile words wherever they can."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path

from portal.db import db
from portal.db import writing
from tests.conftest import Portal
from tests.doors import House
from tests.doors import house
from tests.hostile_words import MARK
from tests.hostile_words import PLAIN
from tests.hostile_words import Kind
from tests.hostile_words import written
from tests.page_forms import PageForm
from tests.pages.test_decision_pages import OTHER_YOUTH
from tests.typing_words import Place
from tests.typing_words import Sent
from tests.typing_words import Typist
from tests.world import ANSWER
from tests.world import World

Form = tuple[str, frozenset[str]]
Forms = dict[Form, dict[Place, PageForm]]
TEMPLATES = Path(__file__).parent.parent / "templates"
FOLLOW = "/concerns/follow"
PAPERS = frozenset({"office.papers.make_document", "office.sheets.ask_paper"})
SEE_OTHER = 303
# Who asks for papers, who reads again in a short round, and whose pages are read in English too.
ASKERS = ("requester", "officer", "treasurer")
READERS = ("nobody", "finder", "officer", "chair", "treasurer", "auditor", "administrator")
IN_ENGLISH = ("nobody", "officer", "administrator")


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that was answered: before, while typing, and when all was read again."""

    typist: Typist
    forms: Forms
    known: set[Kind]
    typed: list[Sent]
    again: list[Sent]

    @property
    def showing(self) -> list[Sent]:
        """Return each answer in which a word may stand, once; of pages, what is in their frame."""
        found: dict[bytes, Sent] = {}
        for sent in (*self.typed, *self.again):
            shown = sent.content.partition(b"<main")[2] if sent.is_page else sent.content
            if MARK.encode() in shown or not sent.is_page:
                found.setdefault(shown, sent)
        return list(found.values())

    def files(self, kind: str) -> list[Sent]:
        return [sent for sent in self.showing if sent.kind == kind]


@contextmanager
def telling(portal: Portal, *, is_thorough: bool) -> Iterator[Told]:
    """Let the cast type into everything, and read everything again."""
    with house(portal) as doors:
        _prepare(doors)
        typist = Typist(doors)
        # Where the code of a concern is asked for stands what it leads to, once it is given.
        typed = list(typist.type(dict(typist.places(typist.asked("nobody", FOLLOW)))))
        followed = typist.asked(
            "nobody", FOLLOW, method="POST", data={"code": doors.places["code"], "words": ""}
        )
        assert followed.status == SEE_OTHER
        forms, known = _found(typist)
        typed += [sent for form in _rarest(forms) for sent in typist.type(forms[form])]
        if is_thorough:
            for sent in typist.walk(ASKERS, like_it=3):
                typist.press(sent, PAPERS)
            portal.print_papers()
        portal.install.publish(db.engine)
        if is_thorough:
            again = [*typist.walk(like_it=4), *typist.walk(IN_ENGLISH, "/en")]
        else:
            again = list(typist.walk(READERS, like_it=1))
        yield Told(typist, forms, known, typed, again)


def _prepare(doors: House) -> None:
    """Bring in what the world of the doors lacks: a check that says stop."""
    payee = replace(ANSWER.payee, account_number="9990000019")
    with writing(db.engine, doors.portal.install.session_info()) as session:
        world = World(session)
        world.submitted(answer=replace(ANSWER, payee=payee))
        other = replace(ANSWER, youth=OTHER_YOUTH, payee=replace(payee, holder="คนอื่น"))
        world.submitted(answer=other)
    doors.file.backup(doors.snapshot)


def _found(typist: Typist) -> tuple[Forms, set[Kind]]:
    """Return every form, and what pages are made of, also when a plain word was refused."""
    forms: Forms = defaultdict(dict)
    known = {
        kind for path in TEMPLATES.rglob("*.html") for kind in written(path.read_text("utf-8"))
    }
    for sent in typist.walk():
        if sent.is_page:
            known |= written(sent.text)
            for place, form in typist.places(sent):
                forms[place.form].setdefault(place, form)
    for places in forms.values():
        [(place, form), *_] = places.items()
        known |= written(typist.ask(place, form, PLAIN).text)
    typist.doors.undo()
    return forms, known


def _rarest(forms: Forms) -> list[Form]:
    """Return the forms that stand in few places first: what others do might take those away."""
    return sorted(forms, key=lambda form: (len(forms[form]), form[0], sorted(form[1])))
