"""The banks of Thailand: their codes, their names as people write them, their account lengths."""

from __future__ import annotations

import re
from dataclasses import dataclass

from portal.id_numbers import valid_mobile
from portal.id_numbers import valid_national_id
from portal.thai import tidy


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank by its Bank of Thailand code; `account_digits` is None where nobody is sure."""

    code: str
    short: str
    name_th: str
    name_en: str
    account_digits: int | None
    is_open: bool = True


# Not a bank: a number by which one of them finds the account. It stands among the banks, since who
# is paid names one or the other.
PROMPTPAY = Bank("PPY", "PROMPTPAY", "พร้อมเพย์", "PromptPay", None)
# A closed bank stays for old records; nothing is paid into it.
_TABLE = (
    Bank("002", "BBL", "ธนาคารกรุงเทพ", "Bangkok Bank", 10),
    Bank("004", "KBANK", "ธนาคารกสิกรไทย", "Kasikornbank", 10),
    Bank("006", "KTB", "ธนาคารกรุงไทย", "Krungthai Bank", 10),
    Bank("011", "TTB", "ธนาคารทหารไทยธนชาต", "TMBThanachart Bank", 10),
    Bank("014", "SCB", "ธนาคารไทยพาณิชย์", "Siam Commercial Bank", 10),
    Bank("020", "SCBT", "ธนาคารสแตนดาร์ดชาร์เตอร์ด (ไทย)", "Standard Chartered Bank (Thai)", None),
    Bank("022", "CIMBT", "ธนาคารซีไอเอ็มบี ไทย", "CIMB Thai Bank", 10),
    Bank("024", "UOBT", "ธนาคารยูโอบี", "United Overseas Bank (Thai)", 10),
    Bank("025", "BAY", "ธนาคารกรุงศรีอยุธยา", "Bank of Ayudhya (Krungsri)", 10),
    Bank("030", "GSB", "ธนาคารออมสิน", "Government Savings Bank", 12),
    Bank("033", "GHB", "ธนาคารอาคารสงเคราะห์", "Government Housing Bank", 12),
    Bank(
        "034",
        "BAAC",
        "ธนาคารเพื่อการเกษตรและสหกรณ์การเกษตร",
        "Bank for Agriculture and Agricultural Cooperatives",
        12,
    ),
    Bank(
        "035",
        "EXIM",
        "ธนาคารเพื่อการส่งออกและนำเข้าแห่งประเทศไทย",
        "Export-Import Bank of Thailand",
        None,
    ),
    Bank("066", "ISBT", "ธนาคารอิสลามแห่งประเทศไทย", "Islamic Bank of Thailand", 10),
    Bank("067", "TISCO", "ธนาคารทิสโก้", "TISCO Bank", 14),
    Bank("069", "KKP", "ธนาคารเกียรตินาคินภัทร", "Kiatnakin Phatra Bank", None),
    Bank("070", "ICBCT", "ธนาคารไอซีบีซี (ไทย)", "ICBC (Thai)", None),
    Bank("071", "TCRB", "ธนาคารไทยเครดิต", "Thai Credit Bank", None),
    Bank("073", "LHB", "ธนาคารแลนด์ แอนด์ เฮ้าส์", "Land and Houses Bank", 10),
    Bank(
        "098",
        "SME",
        "ธนาคารพัฒนาวิสาหกิจขนาดกลางและขนาดย่อมแห่งประเทศไทย",
        "SME Development Bank",
        None,
    ),
    Bank("065", "TBANK", "ธนาคารธนชาต", "Thanachart Bank", 10, is_open=False),
    Bank("015", "SCIB", "ธนาคารนครหลวงไทย", "Siam City Bank", None, is_open=False),
)
# Where somebody can be paid, and which of these are banks.
PAYABLE = {bank.code: bank for bank in (PROMPTPAY, *_TABLE)}
BANKS = {bank.code: bank for bank in _TABLE}

_EVERYDAY_NAMES = {
    "002": ("บัวหลวง",),
    "004": ("กสิกร", "K-Bank", "Kasikorn"),
    "006": ("Krungthai", "Krung Thai"),
    "011": ("ทีทีบี", "ทหารไทย", "ทีเอ็มบีธนชาต", "ทีเอ็มบี", "TMB"),
    "014": ("เอสซีบี",),
    "020": ("สแตนดาร์ดชาร์เตอร์ด", "สแตนดาร์ดชาร์เตอร์"),
    "022": ("ซีไอเอ็มบี", "CIMB"),
    "024": ("UOB", "ยูโอบี ไทย"),
    "025": ("กรุงศรี", "Krungsri"),
    "033": ("ธ.อ.ส.",),
    "034": ("ธ.ก.ส.", "เพื่อการเกษตรและสหกรณ์", "เพื่อการเกษตรฯ", "เกษตรและสหกรณ์การเกษตร"),
    "035": ("ธ.ส.น.", "เอ็กซิม", "เพื่อการส่งออกและนำเข้า"),
    "066": ("อิสลาม", "ธ.อ.ท.", "ไอแบงก์", "iBank"),
    "069": ("เกียรตินาคิน", "เคเคพี"),
    "070": ("ไอซีบีซี", "ICBC"),
    "071": ("ไทยเครดิต เพื่อรายย่อย", "Thai Credit"),
    "073": ("แลนด์แอนด์เฮาส์", "LH Bank"),
    "098": ("ธ.พ.ว.", "เอสเอ็มอี", "SME D Bank", "พัฒนาวิสาหกิจขนาดกลางและขนาดย่อม"),
}
_DIGITS_MIN = 10
_DIGITS_MAX = 15
_EWALLET_DIGITS = 15
_ORNAMENT = re.compile(r"ธนาคาร|จำกัด|\(มหาชน\)|[ .()ฯ-]")


def find_bank(name: str) -> Bank | None:
    """Return the bank of a name, short form or code, with or without ธนาคาร or ธ. before it."""
    key = _key(name)
    return _BY_NAME.get(key) or _BY_NAME.get(key.removeprefix("ธ"))


def account_fits(bank: Bank, digits: str) -> bool:
    """Say whether this many digits, and nothing else, can be an account of the bank."""
    if re.fullmatch("[0-9]+", digits) is None:
        return False
    if bank is PROMPTPAY:
        return valid_mobile(digits) or valid_national_id(digits) or len(digits) == _EWALLET_DIGITS
    if bank.account_digits is None:
        return _DIGITS_MIN <= len(digits) <= _DIGITS_MAX
    return len(digits) == bank.account_digits


def _key(name: str) -> str:
    return _ORNAMENT.sub("", tidy(name).casefold())


def _names(bank: Bank) -> tuple[str, ...]:
    everyday = _EVERYDAY_NAMES.get(bank.code, ())
    return (bank.code, bank.short, bank.name_th, bank.name_en, *everyday)


_BY_NAME = {_key(name): bank for bank in PAYABLE.values() for name in _names(bank)}
