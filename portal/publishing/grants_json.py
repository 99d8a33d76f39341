"""The grants in the form of the 360Giving Data Standard 1.4.3 (CC BY 4.0, ThreeSixtyGiving).

By its rules for grants to individuals a person has no name and no place, and the id of the
recipient holds for one grant only: nothing joins two grants to the same person.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from portal.labels import Name
from portal.publishing.open_edition import Edition
from portal.publishing.open_edition import Names
from portal.publishing.open_rows import Grant
from portal.publishing.open_rows import day
from portal.thai import BANGKOK

STANDARD = "1.4"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
TITLE_LENGTH_MAX = 140  # the standard's own
_HELP = {"youth": "a person", "project": "a project"}


@dataclass(frozen=True, slots=True)
class Registered:
    """The prefix that 360Giving gave the foundation, and its id in a list of organisations."""

    prefix: str
    organisation_id: str


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who publishes what up to where: what every grant says of its funder."""

    told: Edition
    names: Names
    base_url: str
    province: Name
    registered: Registered | None

    @property
    def prefix(self) -> str:
        """Return what the ids of this publisher begin with; its code, until it is registered."""
        return self.registered.prefix if self.registered else f"360G-{self.told.code}"

    @property
    def organisation_id(self) -> str:
        """Return the id of the foundation itself."""
        return self.registered.organisation_id if self.registered else self.prefix

    @property
    def modified(self) -> str:
        """Return when the newest entry was made."""
        return _moment(self.told.newest_at)

    def organisation(self) -> dict[str, object]:
        """Return the foundation as an organisation."""
        return {"id": self.organisation_id, "name": self.told.foundation.en, "url": self.base_url}


def package_head(publisher: Publisher) -> dict[str, object]:
    """Return what the file says of itself, all but the grants."""
    told = publisher.told
    return {
        "version": STANDARD,
        "title": f"{told.foundation.en}: grants up to {told.day}",
        "description": told.foundation.th,
        "identifier": f"{publisher.prefix}-grants-{told.version}",
        "publisher": {
            "identifier": publisher.organisation_id,
            "name": told.foundation.en,
            "website": f"{publisher.base_url}/",
        },
        "license": LICENCE,
        "issued": told.day.isoformat(),
        "modified": publisher.modified,
        "downloadURL": f"{publisher.base_url}/open-data/grants.json",
        "accessURL": f"{publisher.base_url}/open-data/",
    }


def grant_json(grant: Grant, publisher: Publisher) -> dict[str, object]:
    """Return one grant."""
    row, known, told = grant.row, publisher.names, publisher.told
    category, purpose = known["category", row.category], known["purpose", row.purpose]
    url = f"{publisher.base_url}/requests/{row.reference}"
    return {
        "id": f"{publisher.prefix}-{row.reference}",
        "title": f"{category.en}, for {_HELP[row.kind]}"[:TITLE_LENGTH_MAX],
        "description": f"{purpose.en} ({category.th}, {purpose.th})",
        "currency": "THB",
        "amountAppliedFor": _baht(row.satang),
        "amountAwarded": _baht(row.approved_satang),
        "amountDisbursed": _baht(row.disbursed_satang),
        "awardDate": day(row.decided_at).isoformat(),
        "url": url,
        **_recipient(row.kind, row.reference, publisher),
        "beneficiaryLocation": [
            {
                "name": publisher.province.en,
                "countryCode": "TH",
                "geoCodeType": "ISO3166-2",
                "geoCode": f"TH-{told.province}",
            }
        ],
        "locationScope": "GLS040",
        "fundingOrganization": [publisher.organisation()],
        "grantProgramme": [{"code": row.fund, "title": known["fund", row.fund].en}],
        "classifications": [
            _classification("category", row.category, known),
            _classification("purpose", row.purpose, known),
            _classification("subcommittee", row.subcommittee, known),
        ],
        "disbursementTransaction": _payments(grant, publisher),
        "dateModified": _moment(datetime.fromisoformat(row.changed_at)),
        "dataSource": url,
    }


def package_pieces(publisher: Publisher, grants: Iterator[dict[str, object]]) -> Iterator[str]:
    """Write the whole file a piece at a time, one grant a line."""
    head = json.dumps(package_head(publisher), ensure_ascii=False)
    yield head.removesuffix("}") + ', "grants": ['
    for number, grant in enumerate(grants):
        yield (",\n" if number else "\n") + json.dumps(grant, ensure_ascii=False)
    yield "\n]}\n"


def _recipient(kind: str, reference: str, publisher: Publisher) -> dict[str, object]:
    if kind == "youth":
        identifier = f"{publisher.prefix}-IND-{reference}"
        return {"recipientIndividual": {"id": identifier, "name": "Individual recipient"}}
    project: object = {
        "id": f"{publisher.prefix}-PROJ-{reference}",
        "name": "Project (name not told)",
    }
    return {"recipientOrganization": [project]}


def _classification(kind: str, code: str, known: Names) -> dict[str, object]:
    return {"vocabulary": kind, "code": code, "title": known[kind, code].en}


def _payments(grant: Grant, publisher: Publisher) -> list[object]:
    kept = json.loads(grant.row.payments)
    return [
        {
            "id": f"{publisher.prefix}-{row.reference}-{row.payment}",
            "transactionDate": day(row.confirmed_at).isoformat(),
            "currency": "THB",
            "value": _baht(row.gone_satang - kept[row.payment]["fee"]),
        }
        for row in grant.payments
        if row.gone_satang > kept[row.payment]["fee"]
    ]


def _moment(moment: datetime) -> str:
    return moment.astimezone(BANGKOK).isoformat()


def _baht(satang: int) -> float | int:
    """Return baht as JSON writes them: exact, as hundredths of this size are."""
    return satang // 100 if satang % 100 == 0 else float(Decimal(satang) / 100)
