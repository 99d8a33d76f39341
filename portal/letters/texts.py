"""What letters say: Thai first, then English; of nobody more than the number of a request."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from portal.errors import N_
from portal.letters.rules import About
from portal.letters.rules import Kind
from portal.thai import short_day
from portal.words import in_both

# A digest is looked over, not read; letters of acts list all, each with its evidence.
LISTED_MAX = 40
NO_FACTS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Words:
    """What one kind of letter says of one request, of several, and why it came."""

    one: str
    many: str
    why: str


WORDS: Mapping[Kind, Words] = {
    Kind.TO_DECIDE: Words(
        N_("{reference} waits for your decision"),
        N_("{count} requests wait for your decision"),
        N_("The next signature is yours: approve, return for correction, or do not approve."),
    ),
    Kind.TO_CORRECT: Words(
        N_("{reference} was returned to you for correction"),
        N_("{count} requests were returned to you for correction"),
        N_("The page of the request says what is missing. Correct it and send it again."),
    ),
    Kind.TO_PAY: Words(
        N_("{reference} is approved and waits for payment"),
        N_("{count} requests are approved and wait for payment"),
        N_("The money is set aside. One treasurer prepares the payment, another releases it."),
    ),
    Kind.APPROVED: Words(
        N_("Your request {reference} is approved"),
        N_("{count} of your requests are approved"),
        N_("The money is set aside; the treasurers pay it next. You need not do anything."),
    ),
    Kind.REJECTED: Words(
        N_("Your request {reference} was not approved"),
        N_("{count} of your requests were not approved"),
        N_("The page of the request says why."),
    ),
    Kind.DUE: Words(
        N_("{reference} is due: it waits for you"),
        N_("{count} requests are due: they wait for you"),
        N_("The target of the foundation for this step ends on the day that is named below."),
    ),
    Kind.LATE: Words(
        N_("{reference} is late: it waits for you"),
        N_("{count} requests are late: they wait for you"),
        N_("The target of the foundation for this step is over by two working days or more."),
    ),
    Kind.ESCALATED: Words(
        N_("{reference} has been late for five working days"),
        N_("{count} requests have been late for five working days"),
        N_(
            "You are told as the chair of the driving committee. The page of the request says who "
            "holds it; please see to it that it goes on."
        ),
    ),
    Kind.DIGEST: Words(
        N_("This morning 1 request waits for you"),
        N_("This morning {count} requests wait for you"),
        N_("This is what waits for you, each with the last day of its step."),
    ),
    Kind.RECEIPT_DUE: Words(
        N_("The receipts of {reference} are due"),
        N_("The receipts of {count} requests are due"),
        N_(
            "The money has arrived, and its receipt is not filed. Take a photo of it, or of the "
            "slip, and file it on the page of the request; then the request is closed."
        ),
    ),
    Kind.RECEIPT_LATE: Words(
        N_("The receipts of {reference} are late"),
        N_("The receipts of {count} requests are late"),
        N_("The target for filing receipts is over by two working days or more. File them now."),
    ),
    Kind.RECEIPT_ESCALATED: Words(
        N_("The receipts of {reference} have been late for five working days"),
        N_("The receipts of {count} requests have been late for five working days"),
        N_(
            "You are told as an officer: whoever asked has not filed them. Ask for them, or file "
            "them yourself; everybody can read how many are missing."
        ),
    ),
}
_WAITS_FOR: Mapping[Kind, str] = {
    Kind.TO_DECIDE: N_("To decide: {count}"),
    Kind.TO_PAY: N_("To pay: {count}"),
    Kind.TO_CORRECT: N_("To correct: {count}"),
    Kind.RECEIPT_DUE: N_("Receipts to file: {count}"),
}
_MORE = N_("And {count} more.")
_BY = N_("last day {day}")
_FOOT = N_(
    "Whoever opens these pages signs in first. This mail was sent by itself; nobody reads replies."
)
_PROOF = N_(
    "Keep this mail: the SHA-256 beside an entry stays the same for ever, and shows that nobody "
    "changed the entry afterwards."
)


@dataclass(frozen=True, slots=True)
class Written:
    """A letter in words."""

    subject: str
    body: str

    def subject_in(self, language: str) -> str:
        """Return the subject as a page of that language shows it."""
        thai, _, english = self.subject.partition(" / ")
        return english if language == "en" else thai


def write(
    kind: Kind, abouts: Sequence[About], digests: Mapping[str, str], *, base_url: str
) -> Written:
    """Write a letter about these requests; `digests` are the SHA-256 of their entries."""
    words = WORDS[kind]
    facts = {"reference": abouts[0].reference, "count": f"{len(abouts):,}"}
    subject = _both(words.one if len(abouts) == 1 else words.many, facts)
    foot = (*_both(_PROOF), *_both(_FOOT)) if digests else _both(_FOOT)
    blocks = [
        "\n".join((subject[0], _both(words.why)[0])),
        "\n".join((subject[1], _both(words.why)[1])),
        *_items(abouts, digests, base_url=base_url),
        "\n".join(foot),
    ]
    return Written(" / ".join(subject), "\n\n".join(blocks) + "\n")


def _both(
    text: str, facts: Mapping[str, str] = NO_FACTS, english_facts: Mapping[str, str] | None = None
) -> tuple[str, str]:
    """Return a text in Thai and in English; the facts are the same unless others are given."""
    thai, english = in_both({"": text})[""]
    return thai.format(**facts), english.format(**(english_facts or facts))


def _items(abouts: Sequence[About], digests: Mapping[str, str], *, base_url: str) -> Iterator[str]:
    """Give a block of lines for each request; in a digest those of one kind under a heading."""
    for waits_for, group in groupby(abouts, key=lambda about: about.kind):
        members = list(group)
        if waits_for is not None:
            yield " / ".join(_both(_WAITS_FOR[waits_for], {"count": f"{len(members):,}"}))
        shown = members if digests else members[:LISTED_MAX]
        for about in shown:
            yield "\n".join(_lines(about, digests, base_url=base_url))
        if len(shown) < len(members):
            yield " / ".join(_both(_MORE, {"count": f"{len(members) - len(shown):,}"}))


def _lines(about: About, digests: Mapping[str, str], *, base_url: str) -> Iterator[str]:
    if about.due_on is None:
        yield about.reference
    else:
        thai = {"day": short_day(about.due_on, "th")}
        days = _both(_BY, thai, {"day": short_day(about.due_on, "en")})
        yield f"{about.reference} ({' / '.join(days)})"
    yield f"{base_url}/office/requests/{about.request_id}"
    if digest := digests.get(about.entry):
        yield f"entry {about.entry}"
        yield f"SHA-256 {digest}"
