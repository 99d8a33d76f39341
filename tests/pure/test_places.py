from __future__ import annotations

import pytest

from portal.labels import Name
from portal.places import place_name
from portal.places import province_name


def test_places_are_named_as_people_write_them() -> None:
    assert place_name("210101") == Name("ตำบลท่าประดู่ อำเภอเมืองระยอง", "Tha Pradu, Mueang Rayong")
    bangkok = place_name("100101")
    assert bangkok is not None
    assert bangkok.th.startswith("แขวง")
    assert place_name("999999") is None


def test_a_province_is_named() -> None:
    assert province_name("21") == Name("จังหวัดระยอง", "Rayong province")
    with pytest.raises(ValueError, match="no province 00"):
        province_name("00")
