"""What the letter of thanks for a donation tells. A donor's name is for the officers alone."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.funds.forgetting import DONATION
from portal.funds.models import Donation
from portal.funds.models import FundRequest
from portal.funds.money_page import DonationNotFoundError
from portal.funds.sheet_issuing import Matter
from portal.funds.sheet_rules import READERS
from portal.funds.sheet_rules import About
from portal.funds.sheet_rules import SheetKind
from portal.funds.sheet_rules import SheetTooEarlyError
from portal.money import Money
from portal.payments import told_parts
from portal.payments.printed import ThankYouLetter
from portal.people.queries import holders
from portal.roles import Actor
from portal.roles import Role

MEANT_FOR = "ช่วยเหลือเด็ก เยาวชน และผู้ด้อยโอกาสทางการศึกษาให้ได้กลับมาเรียนรู้"
SIGNER_POSITION = "ประธานกรรมการมูลนิธิ"
# Fewer could tell donor and neighbours who was helped.
PEOPLE_MIN = 5


def seen_donation(session: Session, about: str, by: Actor) -> Donation:
    """Return a donation to an officer; to others there is none."""
    donation = session.scalars(select(Donation).where(Donation.reference == about)).one_or_none()
    if donation is None or not READERS[About.DONATION] & by.roles:
        raise DonationNotFoundError
    return donation


def thanks(session: Session, about: str, by: Actor, on: date) -> Matter:
    """Tell the letter of thanks for a donation whose donor is known."""
    donation = seen_donation(session, about, by)
    if not donation.donor:
        raise SheetTooEarlyError(SheetKind.THANKS)
    base_url: str = session.info["base_url"]
    signers = holders(session, Role.BOARD)
    sheet = ThankYouLetter(
        foundation=told_parts.foundation_name(session),
        address="",
        on=on,
        donor=donation.donor,
        amount=Money(donation.amount_satang),
        received_on=donation.received_on,
        receipt_reference=donation.reference,
        fund=told_parts.fund_name(session, donation.fund_code),
        meant_for=MEANT_FOR,
        done_with_it=_done_with(session, donation.fund_code),
        follow_at=f"{base_url}/donations/{donation.reference}",
        signer=signers[0] if signers else "",
        signer_position=SIGNER_POSITION,
    )
    return Matter(
        about=f"{DONATION}:{donation.reference}",
        reference=donation.reference,
        subject=f"{DONATION}:{donation.reference}",
        log_eid=donation.log_eid,
        sheet=sheet,
    )


def _done_with(session: Session, fund: str) -> tuple[str, ...]:
    """Say how many people a fund has helped, unless they are too few to be counted in public."""
    helped = session.scalar(
        select(func.count(FundRequest.youth_id.distinct())).where(
            FundRequest.fund_code == fund, FundRequest.confirmed_satang > 0
        )
    )
    if not helped or helped < PEOPLE_MIN:
        return ()
    return (f"จนถึงวันนี้ แหล่งเงินนี้ช่วยให้เด็กและเยาวชนได้รับการสนับสนุนแล้ว {helped:,} คน",)
