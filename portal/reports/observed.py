"""What passes by while the log is folded and stays on no shelf: counts of acts, money under way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

from portal.audit.entry import Entry
from portal.publishing.counting import SUBJECTS
from portal.publishing.counting import Counted
from portal.publishing.folding import month


@dataclass(frozen=True, slots=True)
class Sent:
    """A payment that was sent; `settled_at` is when it was confirmed, or came back instead."""

    satang: int
    sent_at: str
    settled_at: str = ""
    is_confirmed: bool = False


@dataclass(slots=True)
class Observed:
    """What was seen of the entries so far. Moments are UTC texts, months those of Bangkok.

    `acts` counts each kind of act by month, `begun` says with which entry each month began.
    """

    opened_at: str = ""
    newest_at: str = ""
    acts: Counter[tuple[str, str]] = field(default_factory=Counter)
    begun: dict[str, int] = field(default_factory=dict)
    sent: dict[str, Sent] = field(default_factory=dict)
    counted: dict[str, list[Counted]] = field(default_factory=dict)

    def see(self, index: int, entry: Entry) -> None:
        """Take in one entry, after the fold has found it to be allowed."""
        of_month = month(entry.at)
        self.opened_at = self.opened_at or entry.at
        # Clocks may be set back: what the newest entry is never does.
        self.newest_at = max(self.newest_at, entry.at)
        self.acts[of_month, entry.type] += 1
        self.begun.setdefault(of_month, index)
        self._see_payment(entry)
        for name, subject in SUBJECTS.items():
            if entry.type == subject.act:
                act = Counted(index, entry.at, entry.text(subject.field))
                self.counted.setdefault(name, []).append(act)

    def _see_payment(self, entry: Entry) -> None:
        if entry.type == "payment.sent":
            self.sent[entry.text("payment")] = Sent(entry.number("satang"), entry.at)
        elif entry.type in {"payment.confirmed", "payment.returned"}:
            number = entry.text("payment")
            if not self.sent[number].settled_at:
                is_confirmed = entry.type == "payment.confirmed"
                self.sent[number] = replace(
                    self.sent[number], settled_at=entry.at, is_confirmed=is_confirmed
                )
