"""Papers that were issued by the worker, whatever they are about."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy import ForeignKey
from sqlalchemy import String
from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from portal.db import Base
from portal.db import Moment
from portal.db import choice
from portal.funds.models import log_reference
from portal.funds.sheet_rules import SheetKind
from portal.roles import Role


class IssuedSheet(Base):
    """A paper that was issued; never changed. Its bytes lie in the archive.

    `about` is what it is about: `payment:12`. A later edition bears the number of the first.
    `facts` is a keyed hash of what it tells: as long as that stays, no second one is issued.
    """

    __tablename__ = "issued_sheet"
    __table_args__ = (
        UniqueConstraint("kind", "about", "number"),
        UniqueConstraint("kind", "about", "facts"),
        UniqueConstraint("kind", "reference", "number"),
        CheckConstraint("number > 0", name="number_is_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[SheetKind] = mapped_column(choice(SheetKind, "sheet_kind"))
    about: Mapped[str] = mapped_column(String(60), index=True)
    reference: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]
    # The request it is about, itself or by a payment.
    fund_request_id: Mapped[int | None] = mapped_column(ForeignKey("fund_request.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    facts: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[datetime] = mapped_column(Moment)
    issued_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    role: Mapped[Role] = mapped_column(choice(Role, "sheet_role"))
    log_eid: Mapped[str] = log_reference()
