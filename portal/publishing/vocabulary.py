"""Every type of entry that may stand in the log: what the writer, the fold and readers go by."""

from __future__ import annotations

from collections.abc import Mapping

from portal.audit import acts as log_acts
from portal.audit.entry import EntryType
from portal.cases import acts as case_acts
from portal.concerns import acts as concern_acts
from portal.funds import acts as fund_acts
from portal.funds import rule_acts
from portal.payments import acts as payment_acts
from portal.people import acts as people_acts
from portal.publishing import report_acts
from portal.youths import acts as youth_acts

TYPES: Mapping[str, EntryType] = {
    entry_type.name: entry_type
    for entry_type in (
        *log_acts.ALL,
        *people_acts.ALL,
        *rule_acts.ALL,
        *case_acts.ALL,
        *youth_acts.ALL,
        *fund_acts.ALL,
        *payment_acts.ALL,
        *concern_acts.ALL,
        *report_acts.ALL,
    )
}
