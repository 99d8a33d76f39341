from __future__ import annotations

from portal.labels import Name
from portal.places import place_name


def test_places_are_named_as_people_write_them() -> None:
    assert place_name("210101") == Name("ตำบลท่าประดู่ อำเภอเมืองระยอง", "Tha Pradu, Mueang Rayong")
    bangkok = place_name("100101")
    assert bangkok is not None
    assert bangkok.th.startswith("แขวง")
    assert place_name("999999") is None
