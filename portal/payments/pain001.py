"""ISO 20022's order to a bank, pain.001, in the versions 03 and 09; names stay Thai.

Thai accounts have no IBAN: they stand in `Othr`, and a bank is known by its code in `THCBC`,
three digits of the Bank of Thailand and four of the branch.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from xml.sax.saxutils import escape

from portal.money import Money
from portal.payments.bankfile import NO_BRANCH
from portal.payments.bankfile import Batch
from portal.payments.bankfile import Debtor
from portal.payments.bankfile import Format
from portal.payments.bankfile import Order
from portal.thai import BANGKOK


class Version(StrEnum):
    """The versions that can be written, by the names of their schemas."""

    V03 = "pain.001.001.03"
    V09 = "pain.001.001.09"


_SATANG_MAX = Money(10**18 - 1)  # an amount and a sum have 18 digits, two of them for satang
FORMAT = Format(
    encoding="utf-8",
    name_length_max=140,
    reference_length_max=35,
    company_id_length_max=35,
    account_digits_max=34,
    amount_max=_SATANG_MAX,
    total_max=_SATANG_MAX,
    count_max=10**15 - 1,
)

_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"


def _one_tag(name: str, *inside: str) -> str:
    return f"<{name}>{''.join(inside)}</{name}>"


def _tag(path: str, *inside: str) -> str:
    """Write an element, or several one in the other: `Id/Othr/Id`."""
    outer, _, inner = path.partition("/")
    return _one_tag(outer, _tag(inner, *inside)) if inner else _one_tag(outer, *inside)


def _text(path: str, text: str) -> str:
    return _tag(path, escape(text))


# All that differs: 09 can also take an hour, so that a day has to say that it is one.
_EXECUTION_DAYS: Mapping[Version, Callable[[date], str]] = {
    Version.V03: lambda day: _text("ReqdExctnDt", day.isoformat()),
    Version.V09: lambda day: _text("ReqdExctnDt/Dt", day.isoformat()),
}


def write(batch: Batch, version: Version = Version.V09) -> bytes:
    """Return the file, on one line each for the head and every payment; `flaws` looked before."""
    return b"".join(f"{part}\n".encode() for part in _parts(batch, version))


def _parts(batch: Batch, version: Version) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<Document xmlns="{_NAMESPACE}{version}"><CstmrCdtTrfInitn>'
    yield _group_header(batch)
    yield f"<PmtInf>{_payer(batch, version)}"
    for order in batch.orders:
        yield _transfer(order)
    yield "</PmtInf></CstmrCdtTrfInitn></Document>"


def _group_header(batch: Batch) -> str:
    return _tag(
        "GrpHdr",
        _text("MsgId", batch.reference),
        _text("CreDtTm", batch.made_at.astimezone(BANGKOK).isoformat(timespec="seconds")),
        _sums(batch),
        _payer_name("InitgPty", batch.debtor),
    )


def _payer(batch: Batch, version: Version) -> str:
    debtor = batch.debtor
    return "".join(
        (
            _text("PmtInfId", batch.reference),
            _text("PmtMtd", "TRF"),
            _sums(batch),
            _EXECUTION_DAYS[version](batch.value_on),
            _payer_name("Dbtr", debtor),
            _tag("DbtrAcct", _text("Id/Othr/Id", debtor.account), _text("Ccy", "THB")),
            _bank("DbtrAgt", debtor),
        )
    )


def _sums(batch: Batch) -> str:
    return _text("NbOfTxs", str(len(batch.orders))) + _text("CtrlSum", _baht(batch.total))


def _payer_name(name: str, debtor: Debtor) -> str:
    known_as = _text("Id/OrgId/Othr/Id", debtor.company_id)
    return _tag(name, _text("Nm", debtor.name), known_as)


def _transfer(order: Order) -> str:
    return _tag(
        "CdtTrfTxInf",
        _text("PmtId/EndToEndId", order.reference),
        f'<Amt><InstdAmt Ccy="THB">{_baht(order.amount)}</InstdAmt></Amt>',
        _bank("CdtrAgt", order),
        _text("Cdtr/Nm", order.payee),
        _text("CdtrAcct/Id/Othr/Id", order.account),
    )


def _bank(name: str, holder: Order | Debtor) -> str:
    member = _text("MmbId", holder.bank_code + (holder.branch or NO_BRANCH))
    return _tag(f"{name}/FinInstnId/ClrSysMmbId", _text("ClrSysId/Cd", "THCBC"), member)


def _baht(amount: Money) -> str:
    baht, satang = divmod(amount.satang, 100)
    return f"{baht}.{satang:02}"
