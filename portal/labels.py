"""The public names of states, roles, acts and codes, shown instead of raw values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from portal.errors import N_


@dataclass(frozen=True, slots=True)
class Name:
    """A name in both languages."""

    th: str
    en: str


STATES: Mapping[str, str] = {
    "draft": N_("Draft"),
    "submitted": N_("Waiting for decision"),
    "returned": N_("Returned for correction"),
    "approved": N_("Approved, waiting for payment"),
    "rejected": N_("Not approved"),
    "withdrawn": N_("Withdrawn"),
    "closed": N_("Closed"),
    "paid": N_("Paid"),
}
# Another word than a request's where the two share a code: money that is sent back is no paper.
PAYMENT_STATES: Mapping[str, str] = {
    "prepared": N_("Prepared"),
    "released": N_("Released"),
    "sent": N_("Paid out, to be confirmed"),
    "confirmed": N_("Confirmed"),
    "voided": N_("Cancelled"),
    "returned": N_("Sent back"),
}
ACTIONS: Mapping[str, str] = {
    "submit": N_("Submit"),
    "return": N_("Return for correction"),
    "approve": N_("Approve"),
    "reject": N_("Do not approve"),
    "withdraw": N_("Withdraw"),
    "revise": N_("Change what was approved"),
    "declare": N_("Declare whether you are related"),
    "override": N_("Answer for a check"),
    "ratify": N_("Ratify"),
    "prepare": N_("Prepare payment"),
    "release": N_("Release payment"),
    "send": N_("Pay out"),
    "confirm": N_("Confirm payment"),
    "void": N_("Cancel payment"),
    "bounce": N_("Note what the bank sent back"),
    "refund": N_("Note what was given back"),
    "receipt": N_("File a receipt"),
    "clear": N_("Clear the advance"),
    "release_rest": N_("Set the rest free"),
    "ask": N_("asking"),
    "decide": N_("deciding"),
    "pay": N_("paying"),
}
ROLES: Mapping[str, str] = {
    "finder": N_("finder"),
    "officer": N_("officer"),
    "chair": N_("subcommittee chair"),
    "driving_chair": N_("chair of the driving committee"),
    "board": N_("foundation board"),
    "treasurer": N_("treasurer"),
    "auditor": N_("auditor"),
    "administrator": N_("administrator"),
    "system": N_("the system"),
    "reporter": N_("who raised the concern"),
}
ACTS: Mapping[str, str] = {
    "log.genesis": N_("The log was opened"),
    "schema.published": N_("The kinds of entry were published"),
    "log.heartbeat": N_("The log showed that it lives"),
    "log.key_added": N_("A new key of the log was added"),
    "log.key_retired": N_("An old key of the log was retired"),
    "privacy.erased": N_("Personal data was erased"),
    "privacy.opened": N_("Sealed values were opened"),
    "role.granted": N_("A role was given"),
    "role.ended": N_("A role ended"),
    "person.added": N_("Somebody was added who may sign in"),
    "person.deactivated": N_("Somebody may sign in no more"),
    "person.reactivated": N_("Somebody may sign in again"),
    "person.signed_out": N_("Somebody was signed out everywhere"),
    "person.password_set": N_("Somebody was given a one-time password"),
    "person.factor_added": N_("Somebody added a second factor to their sign-in"),
    "person.factor_removed": N_("Somebody removed a second factor of their sign-in"),
    "person.factor_reset": N_("Somebody's second factor was reset"),
    "person.identity_bound": N_("Somebody added another way to their sign-in"),
    "person.identity_unbound": N_("Another way was removed from somebody's sign-in"),
    "person.email_changed": N_("Somebody's e-mail address was changed"),
    "organisation.added": N_("An organisation was added"),
    "organisation.renamed": N_("An organisation has a new name"),
    "acting_chair.appointed": N_("An acting chair was appointed"),
    "acting_chair.ended": N_("An acting chair's term was ended"),
    "foundation.created": N_("The foundation was set up"),
    "subcommittee.created": N_("A subcommittee was set up"),
    "purpose.created": N_("A purpose was set up"),
    "category.created": N_("A category was set up"),
    "fund.created": N_("A fund was set up"),
    "subcommittee.changed": N_("A subcommittee was changed"),
    "purpose.changed": N_("A purpose was changed"),
    "category.changed": N_("A category was changed"),
    "fund.changed": N_("A fund was changed"),
    "subcommittee.retired": N_("A subcommittee ends"),
    "purpose.retired": N_("A purpose ends"),
    "category.retired": N_("A category ends"),
    "fund.retired": N_("A fund ends"),
    "threshold.set": N_("An approval limit was set"),
    "urgent_lane.set": N_("The rules of the urgent lane were set"),
    "urgent_lane.changed": N_("The rules of the urgent lane were changed"),
    "target.set": N_("A time target was set"),
    "closed_day.set": N_("A closed day was set"),
    "closed_day.opened": N_("A closed day was taken back"),
    "donation.received": N_("A donation was received"),
    "allocation.made": N_("Money was allocated to a subcommittee"),
    "fund_request.submitted": N_("Submitted"),
    "fund_request.returned": N_("Returned for correction"),
    "fund_request.signed": N_("Signed"),
    "fund_request.approved": N_("Approved"),
    "fund_request.rejected": N_("Not approved"),
    "fund_request.withdrawn": N_("Withdrawn"),
    "fund_request.revised": N_("Changed after approval, to be decided again"),
    "fund_request.ratified": N_("Ratified by the driving committee"),
    "fund_request.not_ratified": N_("Not ratified by the driving committee"),
    "interest.declared": N_("Declared whether related"),
    "check.overridden": N_("A check was answered for"),
    "document.issued": N_("Paper issued"),
    "sheet.issued": N_("Paper issued by the worker"),
    "paper.attached": N_("Supporting paper attached"),
    "paper.removed": N_("Supporting paper taken off"),
    "account.opened": N_("Account opened"),
    "account.closed": N_("Account closed"),
    "statement.imported": N_("Statement read"),
    "lines.matched": N_("Lines of the bank confirmed"),
    "fee.charged": N_("Bank's fee confirmed"),
    "batch.made": N_("Batch made"),
    "batch.released": N_("Batch released"),
    "batch.sent": N_("Batch sent to the bank"),
    "batch.dissolved": N_("Batch dissolved"),
    "payment.prepared": N_("Payment prepared"),
    "payment.released": N_("Payment released"),
    "payment.sent": N_("Paid out"),
    "payment.confirmed": N_("Payment confirmed"),
    "payment.voided": N_("Payment cancelled"),
    "payment.returned": N_("Money came back from the bank"),
    "payment.refunded": N_("Money was given back"),
    "payment.receipted": N_("Receipt filed"),
    "advance.voucher_filed": N_("Voucher of an advance filed"),
    "advance.cleared": N_("Advance cleared"),
    "fund_request.rest_released": N_("The rest was set free"),
    "fund_request.closed": N_("Closed"),
    "referral.sent": N_("Somebody was referred to a partner"),
    "referral.accepted": N_("A partner took a referral over"),
    "referral.declined": N_("A partner declined a referral"),
    "referral.done": N_("A referral was carried out"),
    "referral.cancelled": N_("A referral was taken back"),
    "follow_up.planned": N_("A follow-up was planned"),
    "follow_up.done": N_("Somebody was followed up"),
    "case_note.added": N_("A case note was written"),
    "youth.registered": N_("A person was registered"),
    "youth.corrected": N_("A person's record was corrected"),
    "youth.confirmed": N_("A person's record was confirmed"),
    "youth.merged": N_("Two records were found to be one person"),
    "youth.told_apart": N_("Two records were found to be two people"),
    "youth.unmerged": N_("A wrong joining of two records was undone"),
    "guardian.added": N_("A guardian was noted"),
    "guardian.ended": N_("A guardian ceased"),
    "consent.recorded": N_("A consent was recorded"),
    "consent.withdrawn": N_("A consent was withdrawn"),
    "finding.raised": N_("A finding was raised"),
    "finding.answered": N_("A finding was answered"),
    "finding.closed": N_("A finding was closed"),
    "finding.reopened": N_("A finding was opened again"),
    "report.prepared": N_("A report was prepared"),
    "report.answered": N_("A report was answered by the auditor"),
    "report.published": N_("A report was published"),
    "concern.received": N_("A concern was received"),
    "concern.taken_up": N_("A concern is being looked into"),
    "concern.passed": N_("A concern went to another desk"),
    "concern.continued": N_("More was written to a concern"),
    "concern.answered": N_("A concern was answered"),
    "concern.closed": N_("A concern was closed"),
}
REASONS: Mapping[str, str] = {
    "incomplete": N_("Something is missing"),
    "amount": N_("The amount does not fit"),
    "papers": N_("The papers do not fit"),
    "not_eligible": N_("Outside the rules of the category"),
    "no_budget": N_("No money left for this"),
    "duplicate": N_("Asked for already"),
    "other": N_("Another reason"),
}
KINDS: Mapping[str, str] = {"youth": N_("For a person"), "project": N_("For a project")}
# How large an amount is; a search narrows by it.
BANDS: Mapping[str, str] = {
    "to-1000": N_("Up to 1,000 baht"),
    "to-5000": N_("1,001 to 5,000 baht"),
    "to-20000": N_("5,001 to 20,000 baht"),
    "to-100000": N_("20,001 to 100,000 baht"),
    "above-100000": N_("Above 100,000 baht"),
}
ORDERS: Mapping[str, str] = {
    "act": N_("Newest act first"),
    "newest": N_("Newest request first"),
    "oldest": N_("Oldest request first"),
    "largest": N_("Largest amount first"),
    "smallest": N_("Smallest amount first"),
}
FILE_KINDS: Mapping[str, str] = {
    "ktb": N_("Krungthai text file"),
    "pain.001.001.09": N_("ISO 20022, pain.001.001.09"),
    "pain.001.001.03": N_("ISO 20022, pain.001.001.03"),
    "table": N_("Table for people (XLSX)"),
}
BATCH_STATES: Mapping[str, str] = {
    "open": N_("Waits for release"),
    "released": N_("Released"),
    "sent": N_("Sent to the bank"),
    "dissolved": N_("Dissolved"),
}
BATCH_ACTIONS: Mapping[str, str] = {
    "make": N_("Make a batch"),
    "release": N_("Release the batch"),
    "send": N_("Note as sent"),
    "dissolve": N_("Dissolve the batch"),
}
MATCH_KINDS: Mapping[str, str] = {
    "end_to_end": N_("The bank names it"),
    "batch": N_("A whole batch"),
    "account": N_("Amount and account"),
    "amount": N_("Amount and day"),
    "split": N_("In several lines"),
    "return": N_("Came back"),
    "fee": N_("Bank's fee"),
    "duplicate": N_("Paid twice?"),
    "differs": N_("Amount differs"),
    "ambiguous": N_("More than one answer"),
}
MEANINGS: Mapping[str, str] = {
    "payment": N_("It is a payment"),
    "return": N_("It came back of a payment"),
    "fee": N_("It is the bank's fee"),
    "other": N_("It is something else"),
}
NATURES: Mapping[str, str] = {
    "plain": N_("Transfer"),
    "fee": N_("Bank's fee"),
    "return": N_("Returned money"),
}
UNMATCHED: Mapping[str, str] = {
    "out": N_("Money out that nobody has explained"),
    "fee": N_("Bank's fees that nobody has confirmed"),
    "return": N_("Returned money that nobody has confirmed"),
    "in": N_("Money in that nobody has explained"),
}
CAUSES: Mapping[str, str] = {
    "unmatched_out": N_("Lines out that nobody has confirmed"),
    "unmatched_fee": N_("Fees that nobody has confirmed"),
    "unmatched_return": N_("Returns that nobody has confirmed"),
    "not_in_statement": N_("Confirmed by hand, and no line shows it"),
    "not_in_books": N_("A line was confirmed, but the books have it in another month"),
    "amount_differs": N_("The lines come to another amount than the payments"),
    "other": N_("Money of no payment, explained"),
    "fees_differ": N_("Fees differ between the bank and the books"),
    "returns_differ": N_("Returns differ between the bank and the books"),
}
SHEET_FIGURES: Mapping[str, str] = {
    "opening": N_("Balance before the month"),
    "money_in": N_("Money in"),
    "outflow": N_("What left the account, less what came back"),
    "closing": N_("Balance after the month"),
    "confirmed": N_("Confirmed payments"),
    "fees": N_("Bank's fees"),
    "returns": N_("Less what came back"),
    "difference": N_("Difference between the bank and the books"),
    "missing": N_("What the lines do not add up to"),
}
SHEET_PARTS: Mapping[str, str] = {
    **SHEET_FIGURES,
    **CAUSES,
    **{f"line_{kind}": words for kind, words in UNMATCHED.items()},
}
RECEIPTS: Mapping[str, str] = {
    "signed_receipt": N_("Receipt signed by who received the money"),
    "school_receipt": N_("Receipt of a school"),
    "shop_receipt": N_("Receipt of a shop"),
    "slip": N_("Slip of the transfer"),
}
PLACES: Mapping[str, str] = {
    "source": N_("Donated from outside"),
    "available": N_("Available"),
    "committed": N_("Approved, not yet sent"),
    "in_transit": N_("On its way"),
    "disbursed": N_("Paid, receipt awaited"),
    "received": N_("Paid, receipt filed"),
    "returned": N_("Came back, to be paid again"),
    "fees": N_("Fees the bank kept"),
}
ENTRY_KINDS: Mapping[str, str] = {
    "donation": N_("Donation"),
    "allocation": N_("Allocation to a subcommittee"),
    "commitment": N_("Request approved"),
    "sending": N_("Payment on its way"),
    "confirmation": N_("Payment confirmed"),
    "release": N_("Approved money set free"),
    "receipt": N_("Receipt filed"),
    "return": N_("Returned by the bank"),
    "refund": N_("Given back by who received it"),
    "reopening": N_("What came back is set aside again"),
    "fee": N_("Bank's fee"),
}
CHANNELS: Mapping[str, str] = {
    "transfer": N_("Bank transfer"),
    "promptpay": N_("PromptPay"),
    "cash": N_("Cash"),
}
# What became of a payment, said as its channel has it: cash never sees a bank.
_BY_BANK, _BY_RECEIPT = N_("Confirmed by the bank"), N_("Confirmed by the signed receipt")
_SENT = {
    "transfer": N_("Sent to the bank"),
    "promptpay": N_("Paid by PromptPay"),
    "cash": N_("Handed over in cash"),
}
_CONFIRMED = {"transfer": _BY_BANK, "promptpay": _BY_BANK, "cash": _BY_RECEIPT}
BY_CHANNEL: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("payment_state", "sent"): _SENT,
    ("payment_state", "confirmed"): _CONFIRMED,
    ("act", "payment.sent"): _SENT,
    ("act", "payment.confirmed"): _CONFIRMED,
    ("act", "payment.returned"): {"cash": N_("The cash came back")},
}
ADVANCES: Mapping[str, str] = {
    "travel": N_("It is lent for a journey"),
    "work": N_("It is lent for other work"),
}
PAYEES: Mapping[str, str] = {
    "self": N_("The person"),
    "guardian": N_("Guardian"),
    "school": N_("School or centre"),
    "shop": N_("Shop"),
    "other": N_("Other"),
}
REFUSALS: Mapping[str, str] = {
    "missing_field": N_("A field that is needed is empty"),
    "bad_date": N_("A date cannot be read, or lies in the future"),
    "bad_amount": N_("The amount cannot be read, or is not more than zero"),
    "bad_id": N_("The id number has neither 13 digits nor G and 12 digits"),
    "bad_account": N_("The bank is unknown or closed, or the account has a wrong number of digits"),
    "unknown_place": N_("There is no such tambon in this amphoe"),
    "unknown_subcommittee": N_("There is no such subcommittee"),
    "unknown_category": N_("There is no such category of help"),
    "unknown_fund": N_("There is no such fund"),
    "category_not_of_subcommittee": N_("This subcommittee does not look after that category"),
    "over_category_limit": N_("More than the ceiling of the category"),
    "no_consent": N_("Consent is missing"),
    "duplicate_in_file": N_("The same person, category and month as an earlier row"),
    "unknown_reference": N_("The portal has no request of this reference"),
    "not_as_kept": N_("The portal holds something else of this request: change it on its page"),
    "id_check_digit": N_("The last digit of the id number does not fit"),
    "no_id": N_("No id number"),
    "possible_duplicate": N_("The same name and birth date as an earlier row"),
}
# What may stand in an entry of the log, open or sealed.
FIELDS: Mapping[str, str] = {
    "about": N_("What it refers to"),
    "account": N_("Account"),
    "act": N_("Who acted"),
    "above_satang": N_("Above"),
    "acting": N_("For the chair, as acting chair"),
    "asked": N_("What is asked"),
    "action": N_("What was done"),
    "bank": N_("Bank"),
    "bank_reference": N_("The bank's reference"),
    "batch": N_("Batch"),
    "before": N_("The entry before it"),
    "category": N_("Category"),
    "ceiling_satang": N_("At most for one request"),
    "ceiling_before_satang": N_("At most for one request, before"),
    "channel": N_("How the money travels"),
    "check": N_("Check"),
    "code": N_("Code"),
    "consent": N_("Consent"),
    "contact": N_("How to be reached"),
    "count": N_("How many"),
    "day": N_("Day"),
    "days": N_("Days since it was received"),
    "desk": N_("Desk"),
    "digest": N_("Digest (SHA-256)"),
    "doc": N_("The document"),
    "document": N_("Paper"),
    "done_on": N_("Done on"),
    "donor": N_("Donor"),
    "due_on": N_("Planned for"),
    "file": N_("The bank's file"),
    "files": N_("Files for the bank"),
    "first_on": N_("First day"),
    "first_month": N_("First month of the fiscal year"),
    "fee_satang": N_("What the bank kept"),
    "fiscal_year": N_("Fiscal year"),
    "from_on": N_("From"),
    "email": N_("E-mail address"),
    "en_pdf": N_("Digest of the report in English"),
    "fund": N_("Fund"),
    "how": N_("How related"),
    "guardian": N_("Guardian"),
    "instalment": N_("Instalment"),
    "advance": N_("Lent for"),
    "is_witnessed": N_("Witnessed by outsiders"),
    "items": N_("What is asked for, line by line"),
    "kind": N_("For whom"),
    "last_on": N_("Last day"),
    "lines": N_("Lines"),
    "meaning": N_("What the lines are"),
    "name_en": N_("Name in English"),
    "name_en_before": N_("Name in English, before"),
    "name_th": N_("Name in Thai"),
    "name_th_before": N_("Name in Thai, before"),
    "needed": N_("Signatures needed"),
    "note": N_("Note"),
    "number": N_("Number"),
    "opinion": N_("What the auditor says"),
    "order": N_("Order"),
    "origin": N_("Log"),
    "outcome": N_("Outcome"),
    "pack": N_("Digest of the data pack"),
    "pair": N_("The two records"),
    "paper": N_("Supporting paper"),
    "party": N_("Who acted (a code for this request only)"),
    "pathway": N_("Way of learning"),
    "payee": N_("Payee"),
    "payment": N_("Number of the payment"),
    "period": N_("Period"),
    "person": N_("The person"),
    "place": N_("Place"),
    "province": N_("Province"),
    "purpose": N_("Purpose"),
    "ratify_within_days": N_("Days to ratify"),
    "ratify_within_days_before": N_("Days to ratify, before"),
    "reason": N_("Reason"),
    "receipt": N_("Receipt"),
    "voucher": N_("Voucher"),
    "vouchers": N_("Vouchers that count"),
    "received_on": N_("Received on"),
    "receiver": N_("Receiving organisation"),
    "reference": N_("Reference"),
    "related": N_("Related"),
    "remarks": N_("How many remarks"),
    "removal": N_("Why it was taken off"),
    "restricted": N_("Tied by the donor"),
    "restricted_before": N_("Tied by the donor, before"),
    "role": N_("Role"),
    "root": N_("Value of all entries (root)"),
    "satang": N_("Amount"),
    "sender": N_("Sending organisation"),
    "serves": N_("Serves"),
    "serves_before": N_("Serves, before"),
    "severity": N_("Severity"),
    "short_th": N_("Short name in Thai"),
    "short_th_before": N_("Short name in Thai, before"),
    "signature": N_("Signature number"),
    "signatures": N_("Who signs, in order"),
    "size": N_("Size"),
    "step": N_("Step"),
    "subcommittee": N_("Subcommittee"),
    "subcommittees": N_("Subcommittees"),
    "subcommittees_before": N_("Subcommittees, before"),
    "supersedes": N_("The report that it takes the place of"),
    "th_pdf": N_("Digest of the report in Thai"),
    "ticket": N_("Number of the order"),
    "to_on": N_("To"),
    "topic": N_("Topic"),
    "urgent": N_("Urgent"),
    "urgent_before": N_("For emergencies, before"),
    "urgent_reason": N_("Why it is urgent"),
    "valid_from": N_("Valid from"),
    "vkey": N_("Key of the foundation"),
    "words": N_("What was written"),
    "working_days": N_("Working days"),
}
OPENED_FOR: Mapping[str, str] = {
    "audit": N_("Audit of the accounts"),
    "complaint": N_("A complaint or a concern"),
    "data_subject": N_("The person asks for their own data"),
    "legal": N_("A court or an authority asks"),
}
ROLE_REASONS: Mapping[str, str] = {
    "elected": N_("Elected"),
    "appointed": N_("Appointed"),
    "stands_in": N_("Stands in for another"),
    "term_over": N_("The term is over"),
    "resigned": N_("Gave it up"),
    "other_work": N_("Has other work now"),
    "lost_trust": N_("The board withdrew its trust"),
    "mistake": N_("Given by mistake"),
}
ORGANISATION_KINDS: Mapping[str, str] = {
    "STATE": N_("Government"),
    "LOCAL": N_("Local administration"),
    "EDU": N_("Education"),
    "PRIVATE": N_("Business"),
    "CIVIL": N_("Civil society"),
    "VOLUNTEER": N_("Volunteers"),
}
RULE_KINDS: Mapping[str, str] = {
    "subcommittee": N_("Subcommittee"),
    "category": N_("Category"),
    "purpose": N_("Purpose"),
    "fund": N_("Fund"),
}
# What holds of a rule.
FACTS: Mapping[str, str] = {
    "name_th": N_("Name in Thai"),
    "name_en": N_("Name in English"),
    "short_th": N_("Short name in Thai"),
    "unit_th": N_("Unit in Thai"),
    "unit_en": N_("Unit in English"),
    "ceiling_satang": N_("At most for one request"),
    "usual_satang": N_("Usual amounts"),
    "serves": N_("For whom"),
    "papers": N_("Papers to attach"),
    "is_urgent": N_("For emergencies"),
    "is_restricted": N_("Tied by the donor"),
    "purpose_code": N_("Public purpose"),
    "subcommittees": N_("Subcommittees"),
}
SERVES: Mapping[str, str] = {
    "youth": N_("People"),
    "project": N_("Projects"),
    "any": N_("People and projects"),
}
TARGET_STEPS: Mapping[str, str] = {
    "check": N_("Check"),
    "decide": N_("Decide"),
    "pay": N_("Pay"),
    "receipt": N_("File the receipts"),
}
CHECKS: Mapping[str, str] = {
    "money": N_("Money is left"),
    "consent": N_("Consent"),
    "ceiling": N_("Ceiling of the category"),
    "usual": N_("Usual amount"),
    "same_help": N_("The same help this year"),
    "same_paper": N_("The same paper elsewhere"),
    "shared_account": N_("The account of somebody else"),
    "account_holder": N_("Name of the account"),
}
RATIFICATIONS: Mapping[str, str] = {
    "due": N_("Not ratified yet"),
    "ratified": N_("Ratified"),
    "refused": N_("Not ratified"),
}
REFERRAL_STATES: Mapping[str, str] = {
    "sent": N_("Waiting for an answer"),
    "accepted": N_("Accepted, in hand"),
    "declined": N_("Declined"),
    "done": N_("Done"),
    "cancelled": N_("Taken back"),
}
REFERRAL_ACTIONS: Mapping[str, str] = {
    "accept": N_("Accept the referral"),
    "decline": N_("Decline the referral"),
    "finish": N_("Say that it is done"),
    "cancel": N_("Take the referral back"),
}
DECLINED_FOR: Mapping[str, str] = {
    "not_our_task": N_("Not the task of this organisation"),
    "other_area": N_("Outside our area"),
    "no_capacity": N_("Nobody is free for it now"),
    "helped_already": N_("Helped by us already"),
    "not_reached": N_("The person cannot be reached"),
    "other": N_("Another reason"),
}
OUTCOMES: Mapping[str, str] = {
    "in_school": N_("Back in school"),
    "in_training": N_("In training"),
    "in_work": N_("In work"),
    "looking": N_("Still looking"),
    "lost_contact": N_("Contact lost"),
    "moved_away": N_("Moved away"),
    "other": N_("Something else"),
}
PATHWAYS: Mapping[str, str] = {
    "FORMAL": N_("Formal school"),
    "S13": N_("One school, three modes"),
    "DOLE": N_("Learning Encouragement Centre"),
    "VOC": N_("Vocational certificate"),
    "SHORT": N_("Short vocational course"),
    "CENTER": N_("Section 12 learning centre"),
    "HOME": N_("Home education"),
    "MOBILE": N_("Mobile school"),
    "WORK": N_("Workplace learning"),
    "ECD": N_("Child development centre"),
}
ACTIVITIES: Mapping[str, str] = {
    "education": N_("In education"),
    "employment": N_("In work"),
    "training": N_("In training"),
    "nothing": N_("None of these"),
    "unknown": N_("Not known"),
}
RELATIONS: Mapping[str, str] = {
    "father": N_("Father"),
    "mother": N_("Mother"),
    "grandparent": N_("Grandparent"),
    "relative": N_("Another relative"),
    "appointed": N_("Guardian by court order"),
    "institution": N_("Head of a home"),
    "other": N_("Somebody else"),
}
CAPACITIES: Mapping[str, str] = {
    "guardian": N_("The guardian"),
    "guardian_and_youth": N_("The guardian and the young person"),
    "self": N_("The person alone"),
}
CONSENT_PURPOSES: Mapping[str, str] = {
    "keep": N_("Keep these facts"),
    "pay": N_("Pay help out"),
    "share": N_("Share with partner agencies for referral"),
}
GAPS: Mapping[str, str] = {
    "national_id": N_("id number"),
    "activity": N_("learning and work"),
    "pathway": N_("learning pathway"),
    "disadvantages": N_("disadvantage"),
    "guardian": N_("guardian"),
    "consent": N_("consent of the right people"),
    "confirmation": N_("confirmed within a year"),
}
LIKENESSES: Mapping[str, str] = {
    "spelling": N_("The names sound alike and the birth dates are near"),
    "id_number": N_("The same id number under another name"),
}
READ_PAGES: Mapping[str, str] = {
    "record": N_("The record"),
    "correction": N_("Form to correct the record"),
    "guardian": N_("Form for a guardian"),
    "consent": N_("Form for a consent"),
    "pair": N_("Comparison of two records"),
    "request": N_("A fund request"),
    "amendment": N_("Form of a fund request"),
    "paper": N_("A paper of a fund request"),
    "payment": N_("A payment"),
    "case": N_("Referrals and follow-ups"),
    "list": N_("A list taken as a file"),
}
MAIL_TROUBLES: Mapping[str, str] = {
    "unreachable": N_("the mail server does not answer"),
    "sign_in": N_("the mail server does not accept the password"),
    "address": N_("the mail server does not accept the address"),
    "refused": N_("the mail server refused the message"),
}
DOCUMENTS: Mapping[str, str] = {
    "decision": N_("Decision sheet"),
    "withdrawal": N_("Request form"),
    "memo": N_("Memo"),
    "voucher": N_("Payment voucher"),
    "receipt": N_("Receipt to sign"),
    "remittance": N_("List of transfers"),
    "advance": N_("Advance contract"),
    "clearing": N_("Clearing of an advance"),
    "reconciliation": N_("Bank reconciliation"),
    "thanks": N_("Letter of thanks"),
    "report": N_("Report of a period"),
}
JOB_STATES: Mapping[str, str] = {
    "waiting": N_("Waits for its turn"),
    "working": N_("Being made"),
    "done": N_("Done"),
    "dead": N_("Could not be made"),
}
JOB_ACTIONS: Mapping[str, str] = {
    "claim": N_("Take up"),
    "finish": N_("Finish"),
    "fail": N_("Try later"),
    "put_back": N_("Begin anew"),
    "bury": N_("Give up"),
    "retry": N_("Try again"),
}
ATTACHED: Mapping[str, str] = {
    "consent": N_("Consent form"),
    "account_page": N_("Copy of the bank book page"),
    "id_card": N_("Copy of the id card"),
    "certificate": N_("Certificate"),
    "quotation": N_("Quotation or receipt"),
    "photo": N_("Photo"),
    "other": N_("Another paper"),
}
REMOVALS: Mapping[str, str] = {
    "not_of_request": N_("It does not belong to this request"),
    "unclear": N_("It cannot be read"),
    "replaced": N_("A better one takes its place"),
    "not_needed": N_("It is not needed"),
}
SEVERITIES: Mapping[str, str] = {
    "note": N_("Remark"),
    "weakness": N_("Weakness"),
    "serious": N_("Serious"),
}
FINDING_TOPICS: Mapping[str, str] = {
    "papers": N_("Supporting documents"),
    "amount": N_("Amount"),
    "eligibility": N_("Rules of the category"),
    "duties": N_("Segregation of duties"),
    "conflict": N_("Conflict of interest"),
    "time": N_("Time limits"),
    "books": N_("Books and bank"),
    "privacy": N_("Personal data"),
    "other": N_("Other"),
}
REMEDIES: Mapping[str, str] = {
    "corrected": N_("Corrected"),
    "being_corrected": N_("Being corrected"),
    "rule_changed": N_("A rule or a way of working was changed"),
    "money_returned": N_("Money was returned"),
    "explained": N_("Explained: nothing to correct"),
}
DOUBTS: Mapping[str, str] = {
    "incomplete": N_("The answer leaves something out"),
    "not_done": N_("What was answered is not done"),
    "new_facts": N_("Something new came up"),
    "other": N_("Another reason"),
}
FINDING_STATES: Mapping[str, str] = {
    "open": N_("Waiting for an answer"),
    "answered": N_("Answered, waiting to be closed"),
    "closed": N_("Closed"),
}
FINDING_ACTIONS: Mapping[str, str] = {
    "raise": N_("Raise a finding"),
    "answer": N_("Answer"),
    "close": N_("Close"),
    "reopen": N_("Open it again"),
}
REPORT_STATES: Mapping[str, str] = {
    "prepared": N_("Waiting for the auditor"),
    "answered": N_("Answered, waiting to be published"),
    "published": N_("Published"),
}
REPORT_ACTIONS: Mapping[str, str] = {
    "prepare": N_("Prepare"),
    "answer": N_("Answer"),
    "publish": N_("Publish"),
}
OPINIONS: Mapping[str, str] = {
    "agrees": N_("The auditor agrees with the report"),
    "agrees_with_remarks": N_("The auditor agrees, with remarks"),
    "disagrees": N_("The auditor disagrees with the report"),
}
REPORT_FILES: Mapping[str, str] = {
    "th.pdf": N_("The report in Thai (PDF)"),
    "en.pdf": N_("The report in English (PDF)"),
    "pack.zip": N_("The data pack (ZIP: JSON and CSV)"),
}
CONCERN_TOPICS: Mapping[str, str] = {
    "money": N_("Money"),
    "child": N_("Treatment of a child"),
    "staff": N_("Conduct of staff"),
    "information": N_("Wrong information"),
    "other": N_("Something else"),
    "sensitive": N_("Sensitive (nothing more is told)"),
}
DESKS: Mapping[str, str] = {
    "officers": N_("the officers"),
    "auditors": N_("the auditors"),
    "board": N_("the foundation board"),
}
CONCERN_OUTCOMES: Mapping[str, str] = {
    "put_right": N_("Founded, and put right"),
    "being_put_right": N_("Founded, being put right"),
    "not_founded": N_("Not founded"),
    "referred": N_("Not for us: referred to who is responsible"),
    "cannot_check": N_("It cannot be checked"),
}
CONCERN_STATES: Mapping[str, str] = {
    "received": N_("Not looked into yet"),
    "looking": N_("Being looked into"),
    "answered": N_("Answered"),
    "closed": N_("Closed"),
}
CONCERN_ACTIONS: Mapping[str, str] = {
    "take_up": N_("Look into it"),
    "answer": N_("Answer"),
    "pass": N_("Pass it on"),
    "add": N_("Write more"),
    "close": N_("Close"),
}
TABLES: Mapping[str, Mapping[str, str]] = {
    "state": STATES,
    "payment_state": PAYMENT_STATES,
    "action": ACTIONS,
    "role": ROLES,
    "act": ACTS,
    "reason": REASONS,
    "kind": KINDS,
    "band": BANDS,
    "order": ORDERS,
    "channel": CHANNELS,
    "advance": ADVANCES,
    "file_kind": FILE_KINDS,
    "batch_state": BATCH_STATES,
    "batch_action": BATCH_ACTIONS,
    "place": PLACES,
    "entry_kind": ENTRY_KINDS,
    "match_kind": MATCH_KINDS,
    "meaning": MEANINGS,
    "nature": NATURES,
    "unmatched": UNMATCHED,
    "cause": CAUSES,
    "sheet_part": SHEET_PARTS,
    "receipt": RECEIPTS,
    "payee": PAYEES,
    "refusal": REFUSALS,
    "field": FIELDS,
    "purpose": OPENED_FOR,
    "document": DOCUMENTS,
    "job_state": JOB_STATES,
    "job_action": JOB_ACTIONS,
    "role_reason": ROLE_REASONS,
    "organisation_kind": ORGANISATION_KINDS,
    "rule_kind": RULE_KINDS,
    "serves": SERVES,
    "fact": FACTS,
    "target_step": TARGET_STEPS,
    "check": CHECKS,
    "ratification": RATIFICATIONS,
    "referral_state": REFERRAL_STATES,
    "referral_action": REFERRAL_ACTIONS,
    "declined_for": DECLINED_FOR,
    "outcome": OUTCOMES,
    "pathway": PATHWAYS,
    "activity": ACTIVITIES,
    "relation": RELATIONS,
    "capacity": CAPACITIES,
    "consent_purpose": CONSENT_PURPOSES,
    "gap": GAPS,
    "likeness": LIKENESSES,
    "read_page": READ_PAGES,
    "paper": ATTACHED,
    "removal": REMOVALS,
    "mail_trouble": MAIL_TROUBLES,
    "severity": SEVERITIES,
    "finding_topic": FINDING_TOPICS,
    "remedy": REMEDIES,
    "doubt": DOUBTS,
    "finding_state": FINDING_STATES,
    "finding_action": FINDING_ACTIONS,
    "report_state": REPORT_STATES,
    "report_action": REPORT_ACTIONS,
    "opinion": OPINIONS,
    "report_file": REPORT_FILES,
    "concern_topic": CONCERN_TOPICS,
    "desk": DESKS,
    "concern_outcome": CONCERN_OUTCOMES,
    "concern_state": CONCERN_STATES,
    "concern_action": CONCERN_ACTIONS,
}


def label(table: str, value: str, channel: str = "") -> str:
    """Return the English public name, to be translated where it is shown.

    What became of a payment has a name of its own where its channel is known.
    """
    return BY_CHANNEL.get((table, value), {}).get(channel) or TABLES[table][value]
