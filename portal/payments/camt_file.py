"""camt.053, the bank statement of ISO 20022 (versions 02 to 13): read with limits, as it streams.

A file of XML is a stranger's: no document type, no entity, no depth and no number of elements that
a statement would not have.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from io import BytesIO
from xml.etree.ElementTree import Element
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from portal.money import Money
from portal.payments.statement import Line
from portal.payments.statement import Nature
from portal.payments.statement import Statement
from portal.payments.statement import Written
from portal.payments.statement import account_digits
from portal.payments.statement import joined
from portal.payments.statement import read_line
from portal.payments.statement_flaws import BrokenStatementError
from portal.payments.statement_flaws import ForeignCurrencyError
from portal.payments.statement_flaws import NoStatementInFileError
from portal.payments.statement_flaws import TooLargeStatementError

_TAGS_MAX = 2_400_000  # 20,000 entries of 60 elements, each of which begins and ends
_DEPTH_MAX = 40
_ROOT = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.[0-9]{2}\}Document")
_SATANG_AND_MORE = re.compile(r"(\.[0-9]{2})0+$")
_FEES = frozenset({"FEES", "CHRG", "COMM"})
_RETURNS = frozenset({"RRTN", "RPCR", "RRCT", "RTRN", "URCT"})


def read_camt(content: bytes, *, name: str) -> Statement:
    """Read a file of camt.053 with one or more statements of one account."""
    if content.count(b"<") > _TAGS_MAX:
        raise TooLargeStatementError(name)
    try:
        pages = list(_pages(content, name))
    except (ParseError, DefusedXmlException, LookupError, ValueError) as error:
        raise BrokenStatementError(name, _line_of(error)) from error
    if not pages:
        raise NoStatementInFileError(name)
    return joined(pages)


def _line_of(error: Exception) -> int:
    return error.position[0] if isinstance(error, ParseError) else 1


@dataclass(slots=True)
class _Page:
    """A statement while it is read."""

    account: str = ""
    opening: Money | None = None
    closing: Money | None = None
    lines: list[Line] = field(default_factory=list)

    def statement(self) -> Statement:
        return Statement(self.account, self.opening, self.closing, tuple(self.lines))


def _pages(content: bytes, name: str) -> Iterator[Statement]:
    page = _Page()
    for path, element in _elements(content, name):
        if path == _STATEMENT:
            yield page.statement()
            page = _Page()
        elif read := _PARTS.get(path):
            read(page, element)
        else:
            continue
        element.clear()


def _elements(content: bytes, name: str) -> Iterator[tuple[tuple[str, ...], Element]]:
    """Go through the elements as they end, each with the names of those around it."""
    path: list[str] = []
    for event, element in iterparse(BytesIO(content), ("start", "end"), forbid_dtd=True):
        if event == "start":
            if not path and not _ROOT.fullmatch(element.tag):
                raise NoStatementInFileError(name)
            if len(path) >= _DEPTH_MAX:
                raise TooLargeStatementError(name)
            element.tag = element.tag.rpartition("}")[2]
            path.append(element.tag)
        else:
            yield tuple(path), element
            path.pop()


def _read_account(page: _Page, account: Element) -> None:
    number = account.findtext("Id/Othr/Id") or account.findtext("Id/IBAN") or ""
    page.account = account_digits(number)


def _read_balance(page: _Page, balance: Element) -> None:
    """Take in the balance at the start or the end; others are of no day that ended."""
    match balance.findtext("Tp/CdOrPrtry/Cd"):
        case "OPBD" | "PRCD":
            page.opening = _money(balance)
        case "CLBD":
            page.closing = _money(balance)


def _read_entry(page: _Page, entry: Element) -> None:
    """Take in an entry that is booked; what is pending may never be."""
    if (entry.findtext("Sts/Cd") or entry.findtext("Sts")) != "BOOK":
        return
    details = entry.findall("NtryDtls/TxDtls")
    one = details[0] if len(details) == 1 else Element("TxDtls")
    amount = _money(entry)
    side = "Cdtr" if amount < Money(0) else "Dbtr"
    page.lines.append(
        read_line(
            Written(
                booked_on=_day(entry, "BookgDt"),
                amount=amount,
                description=_description(entry, one),
                value_on=_day(entry, "ValDt") if entry.find("ValDt") is not None else None,
                bank_reference=_first(entry, one, "AcctSvcrRef", "Refs/AcctSvcrRef"),
                end_to_end_id=_id_of(entry, one),
                counter_account=one.findtext(f"RltdPties/{side}Acct/Id/Othr/Id") or "",
                nature=_nature(entry, one),
            )
        )
    )


def _first(entry: Element, one: Element, in_entry: str, in_details: str) -> str:
    return entry.findtext(in_entry) or one.findtext(in_details) or ""


def _id_of(entry: Element, one: Element) -> str:
    """Return the id of the payment, or of the batch that is one entry."""
    told = one.findtext("Refs/EndToEndId")
    batch = entry.findtext("NtryDtls/Btch/PmtInfId") or entry.findtext("NtryDtls/Btch/MsgId")
    return told or batch or one.findtext("Refs/PmtInfId") or ""


def _description(entry: Element, one: Element) -> str:
    texts = [
        entry.findtext("AddtlNtryInf"),
        *(element.text for element in one.findall("RmtInf/Ustrd")),
        one.findtext("AddtlTxInf"),
    ]
    return " ".join(dict.fromkeys(text for text in texts if text))


def _nature(entry: Element, one: Element) -> Nature:
    codes = {
        code.text
        for part in (entry, one)
        for code in (
            *part.findall("BkTxCd/Domn/Fmly/Cd"),
            *part.findall("BkTxCd/Domn/Fmly/SubFmlyCd"),
        )
    }
    if one.find("RtrInf") is not None or not codes.isdisjoint(_RETURNS):
        return Nature.RETURN
    return Nature.PLAIN if codes.isdisjoint(_FEES) else Nature.FEE


def _day(parent: Element, tag: str) -> date:
    written = parent.findtext(f"{tag}/Dt") or parent.findtext(f"{tag}/DtTm") or ""
    return date.fromisoformat(written[: len("2026-11-24")])


def _money(parent: Element) -> Money:
    """Return the amount of a balance or an entry; a debit is below zero."""
    amount = parent.find("Amt")
    if amount is None:
        raise ValueError(parent.tag)
    currency = amount.get("Ccy", "")
    if currency != "THB":
        raise ForeignCurrencyError(currency)
    money = Money.parse(_SATANG_AND_MORE.sub(r"\1", amount.text or ""))
    return -money if _is_debit(parent) else money


def _is_debit(parent: Element) -> bool:
    match parent.findtext("CdtDbtInd"):
        case "DBIT":
            return True
        case "CRDT":
            return False
        case other:
            raise ValueError(other)


_STATEMENT = ("Document", "BkToCstmrStmt", "Stmt")
_PARTS: dict[tuple[str, ...], Callable[[_Page, Element], None]] = {
    (*_STATEMENT, "Acct"): _read_account,
    (*_STATEMENT, "Bal"): _read_balance,
    (*_STATEMENT, "Ntry"): _read_entry,
}
