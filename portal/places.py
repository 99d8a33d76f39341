"""The names of places, by the codes of the Department of Provincial Administration."""

from __future__ import annotations

import geothai

from portal.labels import Name

BANGKOK_CODE = "10"


def place_name(code: str) -> Name | None:
    """Return the name of a tambon and its amphoe, or None where the code is not in use."""
    tambon = geothai.subdistrict(code)
    amphoe = tambon and geothai.district(tambon.district_code)
    if tambon is None or amphoe is None:
        return None
    english = f"{tambon.name_en}, {amphoe.name_en}"
    if tambon.province_code == BANGKOK_CODE:
        return Name(f"แขวง{tambon.name_th} เขต{amphoe.name_th}", english)
    return Name(f"ตำบล{tambon.name_th} อำเภอ{amphoe.name_th}", english)


def province_name(code: str) -> Name:
    """Return the name of a province that a foundation names as its own."""
    province = geothai.province(code)
    if province is None:
        message = f"there is no province {code}"
        raise ValueError(message)
    return Name(f"จังหวัด{province.name_th}", f"{province.name_en} province")


def amphoe_name(code: str) -> Name:
    """Return the name of an amphoe, or its code where that is not in use."""
    amphoe = geothai.district(code)
    if amphoe is None:
        return Name(code, code)
    is_bangkok = amphoe.province_code == BANGKOK_CODE
    return Name(f"{'เขต' if is_bangkok else 'อำเภอ'}{amphoe.name_th}", amphoe.name_en)
