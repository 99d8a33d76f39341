"""What the open data say of themselves: the data package, the catalogue entry, the dictionary."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass

from portal.audit.entry import EntryType
from portal.audit.entry import Json
from portal.labels import Name
from portal.publishing.open_edition import Edition
from portal.publishing.open_schema import OpenTable

PACKAGE = "https://datapackage.org/profiles/2.0/datapackage.json"
RESOURCE = "https://datapackage.org/profiles/2.0/dataresource.json"
LICENCE: Mapping[str, Json] = {
    "name": "CC-BY-4.0",
    "path": "https://creativecommons.org/licenses/by/4.0/",
    "title": "Creative Commons Attribution 4.0 International",
}
TITLE = Name("ข้อมูลเปิดของกองทุน", "Open data of the funds")
_ABOUT = Name(
    "ความช่วยเหลือ การจ่ายเงิน การจัดสรร เงินบริจาค และเวลาที่ใช้ คำนวณจากบันทึกประวัติทั้งหมด "
    "ไม่มีชื่อบุคคลและไม่มีที่อยู่ที่ละเอียดกว่าจังหวัด",
    "Grants, payments, allocations, donations and service times, all computed from the public log. "
    "No name of a person, and no place below the province.",
)
_OBJECTIVE = "เพื่อให้ทุกคนตรวจสอบได้ว่าเงินทุกบาทเข้ามาจากไหน ใครอนุมัติ และจ่ายไปเท่าใด"


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A CSV file of the package as it was written."""

    table: OpenTable
    rows: int
    size: int
    digest: str

    def describe(self) -> dict[str, Json]:
        """Return it as a Data Resource."""
        table = self.table
        return {
            "$schema": RESOURCE,
            "name": table.name,
            "type": "table",
            "path": table.file,
            "title": table.title.th,
            "description": f"{table.title.en}. {table.about.en} {table.about.th}",
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "bytes": self.size,
            "hash": f"sha256:{self.digest}",
            "schema": table.describe(),
        }


def data_package(told: Edition, files: Iterable[CsvFile], *, base_url: str) -> dict[str, Json]:
    """Return the Data Package (Frictionless, version 2)."""
    return {
        "$schema": PACKAGE,
        "name": f"{told.code.lower()}-open-data",
        "id": f"{base_url}/open-data/datapackage.json",
        "title": f"{TITLE.th}: {told.foundation.th}",
        "description": f"{_ABOUT.en} {_ABOUT.th}",
        "homepage": f"{base_url}/open-data/",
        "version": told.version,
        "created": told.newest_at.isoformat(),
        "licenses": [LICENCE],
        "contributors": [
            {"title": told.foundation.en, "path": base_url, "roles": ["publisher"]},
        ],
        "sources": [{"title": f"log entries 0 to {told.size - 1}", "path": f"{base_url}/log"}],
        "keywords": ["grants", "education", "Thailand"],
        "resources": [file.describe() for file in files],
    }


def catalogue_entry(
    told: Edition, names: Sequence[str], *, base_url: str, contact: str
) -> dict[str, Json]:
    """Return the entry for data.go.th, with the fields that its catalogue asks for."""
    return {
        "name": f"{told.code.lower()}-open-data",
        "title": f"{TITLE.th}: {told.foundation.th}",
        "data_type": "ข้อมูลระเบียน",
        "owner_org": told.code.lower(),
        "maintainer": told.foundation.th,
        "maintainer_email": contact,
        "tags": [{"name": "การศึกษา"}, {"name": "กองทุน"}, {"name": "ความโปร่งใส"}],
        "notes": _ABOUT.th,
        "objective": _OBJECTIVE,
        "update_frequency_unit": "วัน",
        "update_frequency_interval": "1",
        "geo_coverage": "จังหวัด",
        "data_source": f"บันทึกประวัติของ{told.foundation.th}",
        "data_format": "CSV, XLSX, JSON, SQLite",
        "data_category": "ข้อมูลสาธารณะ",
        "license_id": "cc-by",
        "url": f"{base_url}/open-data/",
        "data_language": "ไทย, อังกฤษ",
        "last_updated_date": told.day.isoformat(),
        "resources": [
            {
                "name": name,
                "url": f"{base_url}/open-data/{name}",
                "format": name.rpartition(".")[2].upper(),
            }
            for name in names
        ],
    }


def dictionary(
    types: Iterable[EntryType], acts: Mapping[str, Name], fields: Mapping[str, Name]
) -> list[Json]:
    """Return what of every kind of entry is public, and what is sealed, as the log declares it."""
    return [
        {
            "type": kind.name,
            "title_th": acts[kind.name].th,
            "title_en": acts[kind.name].en,
            "public": [
                {
                    **_titled(name, fields),
                    "kind": field.kind.value,
                    "about": field.about,
                    "may_be_null": field.may_be_null,
                }
                for name, field in sorted(kind.public.items())
            ],
            "sealed": [_titled(name, fields) for name in sorted(kind.private)],
        }
        for kind in sorted(types, key=lambda kind: kind.name)
    ]


def _titled(field: str, fields: Mapping[str, Name]) -> dict[str, Json]:
    return {"name": field, "title_th": fields[field].th, "title_en": fields[field].en}
