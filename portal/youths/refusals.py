"""Why something cannot be done with a person's record: one class for one cause."""

from __future__ import annotations

from portal.errors import N_
from portal.errors import ForbiddenError
from portal.errors import NotFoundError
from portal.errors import RuleError
from portal.errors import StaleError


class PersonNotFoundError(NotFoundError):
    """There is no such record, or it is not this person's to see."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such record."))


class OfficerNeededError(ForbiddenError):
    """Records are changed by the secretariat."""

    def __init__(self) -> None:
        super().__init__(N_("Only an officer changes a person's record."))


class AuditorNeededError(ForbiddenError):
    """Who read what is the auditor's to look at."""

    def __init__(self) -> None:
        super().__init__(N_("Only an auditor looks at what was read by whom."))


class StaleRecordError(StaleError):
    """The record changed after the page was opened."""

    def __init__(self) -> None:
        super().__init__(N_("This record was changed meanwhile. Look at it again, then change it."))


class MergedRecordError(RuleError):
    """The record is part of an older one."""

    def __init__(self) -> None:
        super().__init__(
            N_("This record is kept under an older one of the same person; change that one.")
        )


class ErasedRecordError(RuleError):
    """Nothing more is written about somebody who was erased."""

    def __init__(self) -> None:
        super().__init__(N_("This person's data was erased; nothing more is kept about them."))


class WrongSignersError(RuleError):
    """Somebody signed whose consent is not enough at this age."""

    def __init__(self, years: int) -> None:
        super().__init__(
            N_(
                "At {years} years another signature is needed: to 10 years the guardian signs, "
                "to 20 the guardian and the young person, from 20 the person."
            ),
            years=years,
        )


class PowerPaperNeededError(RuleError):
    """Somebody other than father and mother signed without a paper."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "Only father and mother may sign without more; for anybody else write which "
                "paper gives them the power (a court order, a power of attorney)."
            )
        )


class ConsentNotThereError(NotFoundError):
    """The record has no such consent that stands."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such consent, or it was withdrawn already."))


class GuardianNotThereError(NotFoundError):
    """The record has no such guardian any more."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such guardian, or they ceased already."))


class PairNotFoundError(NotFoundError):
    """There is no such pair, or somebody of it was erased."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such pair."))


class PairSettledError(RuleError):
    """Somebody settled the pair before, or the two are one by way of another pair."""

    def __init__(self) -> None:
        super().__init__(N_("This pair is settled already."))


class PairNotMergedError(RuleError):
    """Only what was taken for one person can be taken apart."""

    def __init__(self) -> None:
        super().__init__(N_("These two records were not joined; there is nothing to undo."))


class ToldApartError(RuleError):
    """Joining them would join two whom an officer told apart before."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "One of these records was joined with another, and that one was found to be "
                "somebody else. Undo what is wrong there first."
            )
        )
