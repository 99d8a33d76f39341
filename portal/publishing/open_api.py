"""What the open API says of itself: an OpenAPI 3.1 document, made from one table of addresses."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from portal.publishing.searching import TEXT_MAX
from portal.publishing.searching import Band
from portal.publishing.searching import Facet
from portal.publishing.searching import Order

LIMIT_MAX = 200
LIMIT_USUAL = 50
KEY_PATTERN = r"^[0-9]{1,19}$"
REFERENCE_PATTERN = r"^[A-Z0-9][A-Z0-9-]{0,39}$"
CODE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$"
YEAR_PATTERN = r"^[0-9]{4}$"
STATUSES = ("submitted", "returned", "approved", "paid", "closed", "rejected", "withdrawn")

Json = dict[str, Any]  # JSON has no shape that a type could tell
_TEXT, _COUNT = {"type": "string"}, {"type": "integer", "minimum": 0}
_SATANG = {"type": "integer", "description": "in satang: 100 are one baht"}
_MOMENT = {"type": "string", "format": "date-time"}
_NAME = {
    "type": "object",
    "required": ["th", "en"],
    "properties": {"th": _TEXT, "en": _TEXT},
}


def _either(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(**properties: Json) -> Json:
    return {"type": "object", "required": list(properties), "properties": properties}


_PART = _object(
    code=_TEXT,
    name=_NAME,
    given_satang=_SATANG,
    approved_satang=_SATANG,
    committed_satang=_SATANG,
    disbursed_satang=_SATANG,
)
SCHEMAS: Mapping[str, Json] = {
    "Request": _object(
        reference=_TEXT,
        status={"type": "string", "enum": list(STATUSES)},
        kind={"type": "string", "enum": ["youth", "project"]},
        fund=_TEXT,
        subcommittee=_TEXT,
        category=_TEXT,
        purpose=_TEXT,
        fiscal_year=_COUNT,
        satang=_SATANG,
        approved_satang=_SATANG,
        disbursed_satang=_SATANG,
        is_urgent={"type": "boolean"},
        submitted_at=_MOMENT,
        decided_at=_either(_MOMENT),
        paid_at=_either(_MOMENT),
        newest_entry=_COUNT,
        url={"type": "string", "format": "uri"},
    ),
    "Requests": _object(
        items={"type": "array", "items": {"$ref": "#/components/schemas/Request"}},
        count=_COUNT,
        satang=_SATANG,
        next=_either({"type": "string", "format": "uri"}),
    ),
    "Payment": _object(
        reference=_TEXT,
        request=_TEXT,
        fund=_NAME,
        subcommittee=_NAME,
        category=_NAME,
        satang=_SATANG,
        confirmed_at=_MOMENT,
        entry=_COUNT,
        url={"type": "string", "format": "uri"},
    ),
    "Payments": _object(
        items={"type": "array", "items": {"$ref": "#/components/schemas/Payment"}},
        next=_either({"type": "string", "format": "uri"}),
    ),
    "Parts": _object(items={"type": "array", "items": _PART}),
    "Figures": {"type": "object", "required": ["log", "total", "figures"]},
    "Index": {"type": "object", "additionalProperties": {"type": "string", "format": "uri"}},
    "Problem": _object(type=_TEXT, title=_TEXT, status=_COUNT, detail=_TEXT),
}


def _query(name: str, schema: Json, about: str) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": about}


def _matching(pattern: str) -> Json:
    return {"type": "string", "pattern": pattern}


def _one_of(codes: Sequence[str]) -> Json:
    return {"type": "string", "enum": list(codes)}


_BEFORE = _query("before", _matching(KEY_PATTERN), "the key that `next` holds: where a page begins")
_FACETS: Mapping[Facet, tuple[Json, str]] = {
    Facet.YEAR: (_matching(YEAR_PATTERN), "the fiscal year in the Buddhist era"),
    Facet.FUND: (_matching(CODE_PATTERN), "the code of a fund"),
    Facet.SUBCOMMITTEE: (_matching(CODE_PATTERN), "the code of a subcommittee"),
    Facet.CATEGORY: (_matching(CODE_PATTERN), "the code of a kind of help"),
    Facet.KIND: (_one_of(("youth", "project")), "for whom"),
    Facet.AMOUNT: (_one_of([band.value for band in Band]), "how large the amount is, in baht"),
    Facet.STATUS: (_one_of(STATUSES), "where it stands"),
}
SEARCH_PARAMETERS = [
    _query("q", {"type": "string", "maxLength": TEXT_MAX}, "words in Thai or English, or a number"),
    *(_query(facet.value, schema, about) for facet, (schema, about) in _FACETS.items()),
    _query("sort", _one_of([order.value for order in Order]), "the order"),
    _query(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_USUAL},
        "how many at once",
    ),
    _BEFORE,
]
_REFERENCE = {
    "name": "reference",
    "in": "path",
    "required": True,
    "schema": _matching(REFERENCE_PATTERN),
}
# address -> (what it gives, schema, parameters)
PATHS: Mapping[str, tuple[str, str, Sequence[Json]]] = {
    "/": ("Everything there is", "Index", ()),
    "/figures": ("Every public figure by month, fund, subcommittee and category", "Figures", ()),
    "/funds": ("The funds", "Parts", ()),
    "/subcommittees": ("The subcommittees", "Parts", ()),
    "/categories": ("The kinds of help", "Parts", ()),
    "/requests": ("A search over requests", "Requests", SEARCH_PARAMETERS),
    "/requests/{reference}": ("One request", "Request", [_REFERENCE]),
    "/payments": ("Confirmed payments, the newest first", "Payments", [_BEFORE]),
    "/payments/{reference}": ("One confirmed payment", "Payment", [_REFERENCE]),
}


def document(base_url: str, title: str) -> Json:
    """Return the OpenAPI document of an API that stands at an address."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": "1",
            "description": "Read-only. Everything is folded from the published log; no key needed.",
        },
        "servers": [{"url": f"{base_url}/api/v1"}],
        "paths": {path: {"get": _operation(path, *told)} for path, told in PATHS.items()},
        "components": {"schemas": dict(SCHEMAS)},
    }


def _operation(path: str, summary: str, schema: str, parameters: Sequence[Json]) -> Json:
    answers = {
        "200": {
            "description": summary,
            "headers": {"ETag": {"schema": _TEXT}},
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
        },
        "304": {"description": "Nothing changed since the edition that If-None-Match names"},
        "404": _problem("There is no such thing, or nothing is published yet"),
    }
    if parameters:
        answers["422"] = _problem("A parameter cannot be read")
    name = path.strip("/").replace("/{", "_by_").replace("}", "") or "index"
    operation = {"operationId": name, "summary": summary, "responses": answers}
    return {**operation, "parameters": list(parameters)} if parameters else operation


def _problem(about: str) -> Json:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": about, "content": content}
