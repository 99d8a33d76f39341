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
    "prepared": N_("Prepared"),
    "released": N_("Released"),
    "sent": N_("Sent to the bank"),
    "confirmed": N_("Confirmed by the bank"),
    "voided": N_("Cancelled"),
}
ACTIONS: Mapping[str, str] = {
    "submit": N_("Submit"),
    "return": N_("Return for correction"),
    "approve": N_("Approve"),
    "reject": N_("Do not approve"),
    "withdraw": N_("Withdraw"),
    "prepare": N_("Prepare payment"),
    "release": N_("Release payment"),
    "send": N_("Send to the bank"),
    "confirm": N_("Confirm payment"),
    "void": N_("Cancel payment"),
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
    "organisation.added": N_("An organisation was added"),
    "organisation.renamed": N_("An organisation has a new name"),
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
    "document.issued": N_("Paper issued"),
    "payment.prepared": N_("Payment prepared"),
    "payment.released": N_("Payment released"),
    "payment.sent": N_("Sent to the bank"),
    "payment.confirmed": N_("Confirmed by the bank"),
    "payment.voided": N_("Payment cancelled"),
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
CHANNELS: Mapping[str, str] = {
    "transfer": N_("Bank transfer"),
    "promptpay": N_("PromptPay"),
    "cash": N_("Cash"),
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
    "id_check_digit": N_("The last digit of the id number does not fit"),
    "no_id": N_("No id number"),
    "possible_duplicate": N_("The same name and birth date as an earlier row"),
}
# What may stand in an entry of the log, open or sealed.
FIELDS: Mapping[str, str] = {
    "act": N_("Who acted"),
    "above_satang": N_("Above"),
    "bank_reference": N_("The bank's reference"),
    "category": N_("Category"),
    "ceiling_satang": N_("At most for one request"),
    "ceiling_before_satang": N_("At most for one request, before"),
    "channel": N_("How the money travels"),
    "code": N_("Code"),
    "count": N_("How many"),
    "day": N_("Day"),
    "digest": N_("Digest (SHA-256)"),
    "doc": N_("The document"),
    "document": N_("Paper"),
    "donor": N_("Donor"),
    "first_month": N_("First month of the fiscal year"),
    "fiscal_year": N_("Fiscal year"),
    "fund": N_("Fund"),
    "instalment": N_("Instalment"),
    "is_witnessed": N_("Witnessed by outsiders"),
    "kind": N_("For whom"),
    "name_en": N_("Name in English"),
    "name_en_before": N_("Name in English, before"),
    "name_th": N_("Name in Thai"),
    "name_th_before": N_("Name in Thai, before"),
    "needed": N_("Signatures needed"),
    "note": N_("Note"),
    "number": N_("Number"),
    "origin": N_("Log"),
    "party": N_("Who acted (a code for this request only)"),
    "payee": N_("Payee"),
    "payment": N_("Number of the payment"),
    "person": N_("The person"),
    "place": N_("Place"),
    "province": N_("Province"),
    "purpose": N_("Purpose"),
    "reason": N_("Reason"),
    "received_on": N_("Received on"),
    "reference": N_("Reference"),
    "restricted": N_("Tied by the donor"),
    "restricted_before": N_("Tied by the donor, before"),
    "role": N_("Role"),
    "root": N_("Value of all entries (root)"),
    "satang": N_("Amount"),
    "serves": N_("Serves"),
    "serves_before": N_("Serves, before"),
    "short_th": N_("Short name in Thai"),
    "short_th_before": N_("Short name in Thai, before"),
    "signature": N_("Signature number"),
    "signatures": N_("Who signs, in order"),
    "size": N_("Size"),
    "step": N_("Step"),
    "subcommittee": N_("Subcommittee"),
    "subcommittees": N_("Subcommittees"),
    "subcommittees_before": N_("Subcommittees, before"),
    "ticket": N_("Number of the order"),
    "urgent": N_("For emergencies"),
    "urgent_before": N_("For emergencies, before"),
    "valid_from": N_("Valid from"),
    "vkey": N_("Key of the foundation"),
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
    "STATE": N_("State"),
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
}
DOCUMENTS: Mapping[str, str] = {"decision": N_("Decision sheet")}
TABLES: Mapping[str, Mapping[str, str]] = {
    "state": STATES,
    "action": ACTIONS,
    "role": ROLES,
    "act": ACTS,
    "reason": REASONS,
    "kind": KINDS,
    "channel": CHANNELS,
    "payee": PAYEES,
    "refusal": REFUSALS,
    "field": FIELDS,
    "purpose": OPENED_FOR,
    "document": DOCUMENTS,
    "role_reason": ROLE_REASONS,
    "organisation_kind": ORGANISATION_KINDS,
    "rule_kind": RULE_KINDS,
    "serves": SERVES,
    "fact": FACTS,
    "target_step": TARGET_STEPS,
}


def label(table: str, value: str) -> str:
    """Return the English public name, to be translated where it is shown."""
    return TABLES[table][value]
