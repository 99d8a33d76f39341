"""The situations people are found in and the ways they learn on, by code, in both languages.

The codes are the province's own; a sensitive one is of the kind that the law protects most (PDPA
s. 26), and is never shown beside a name outside the record.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass

from portal.labels import Name


@dataclass(frozen=True, slots=True)
class Situation:
    """One category of disadvantage."""

    code: str
    name: Name
    is_sensitive: bool = False


DISADVANTAGES: Mapping[str, Situation] = {
    situation.code: situation
    for situation in (
        Situation("POOR", Name("ยากจน/ยากจนพิเศษ", "Poor or extremely poor")),
        Situation("DROPOUT", Name("หลุดจากระบบการศึกษา", "Dropped out")),
        Situation("ATRISK", Name("กลุ่มเสี่ยงหลุดจากระบบ", "At risk of dropping out")),
        Situation("NEET", Name("เยาวชน NEET (15–24 ปี)", "NEET aged 15-24")),  # noqa: RUF001 - as printed
        Situation("ORPHAN", Name("กำพร้า/ถูกทอดทิ้ง", "Orphaned or abandoned")),
        Situation("CARER", Name("เป็นผู้ดูแลหลักของครอบครัว", "Main carer of the family")),
        Situation("WORKING", Name("แรงงานเด็ก/ต้องทำงานเลี้ยงครอบครัว", "Child labour or breadwinner")),
        Situation("REMOTE", Name("พื้นที่ห่างไกล/เกาะ", "Remote area or island")),
        Situation("DISABILITY", Name("พิการ", "Disability"), is_sensitive=True),
        Situation("LD", Name("บกพร่องทางการเรียนรู้", "Learning disability"), is_sensitive=True),
        Situation(
            "HEALTH",
            Name("เจ็บป่วยเรื้อรัง/สุขภาพจิต", "Chronic illness or mental health"),
            is_sensitive=True,
        ),
        Situation(
            "PREGNANT", Name("ตั้งครรภ์/แม่วัยรุ่น", "Pregnant or teenage parent"), is_sensitive=True
        ),
        Situation(
            "JUSTICE", Name("อยู่ในกระบวนการยุติธรรม", "In the justice process"), is_sensitive=True
        ),
        Situation(
            "STATELESS",
            Name("ไม่มีสถานะทางทะเบียน (รหัส G)", "No civil registration (G code)"),
            is_sensitive=True,
        ),
        Situation("ETHNIC", Name("กลุ่มชาติพันธุ์", "Ethnic group"), is_sensitive=True),
        Situation("ADDICTION", Name("เกี่ยวข้องกับยาเสพติด", "Substance use"), is_sensitive=True),
    )
}
PATHWAYS: Mapping[str, Name] = {
    "FORMAL": Name("กลับเข้าเรียนในระบบ", "Formal school"),
    "S13": Name("1 โรงเรียน 3 รูปแบบ", "One school, three modes"),
    "DOLE": Name("สกร. (กศน. เดิม)", "Learning Encouragement Centre"),
    "VOC": Name("อาชีวศึกษา (ปวช./ปวส.)", "Vocational certificate"),
    "SHORT": Name("หลักสูตรอาชีพระยะสั้น", "Short vocational course"),
    "CENTER": Name("ศูนย์การเรียนตามมาตรา 12", "Section 12 learning centre"),
    "HOME": Name("การศึกษาโดยครอบครัว", "Home education"),
    "MOBILE": Name("โรงเรียนมือถือ", "Mobile school"),
    "WORK": Name("เรียนรู้ในสถานประกอบการ", "Workplace learning"),
    "ECD": Name("ศูนย์พัฒนาเด็กเล็ก", "Child development centre"),
}


def in_order(codes: Iterable[str]) -> tuple[str, ...]:
    """Return these codes of disadvantage in the order of the list; refuse one that is not in it."""
    wanted = set(codes)
    if not wanted <= DISADVANTAGES.keys():
        message = f"no such category: {sorted(wanted - DISADVANTAGES.keys())}"
        raise ValueError(message)
    return tuple(code for code in DISADVANTAGES if code in wanted)
