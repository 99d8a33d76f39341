from __future__ import annotations

from portal.audit.note import Checkpoint
from portal.publishing.open_figures import Counted
from portal.publishing.open_figures import open_figures

HEAD = Checkpoint("audit.example/fund", 7, bytes(range(32)))
COUNTED = [
    Counted("2026-11", "GEN", "SC5", "LIVING", "disbursed", 400),
    Counted("2026-10", "GEN", "SC5", "LIVING", "approved", 500),
    Counted("2026-10", "GEN", "SC5", "LIVING", "requested", 900),
    Counted("2026-10", "GEN", "SC5", "", "allocated", 700),
    Counted("2026-10", "GEN", "", "", "received", 1000),
    Counted("2026-09", "GEN", "SC5", "LIVING", "requested", 900),
]


def amounts(
    received: int,
    allocated: int,
    approved: int,
    committed: int,
    disbursed: int,
    fees: int = 0,
) -> object:
    return {
        "received_satang": received,
        "allocated_satang": allocated,
        "approved_satang": approved,
        "committed_satang": committed,
        "disbursed_satang": disbursed,
        "fees_satang": fees,
    }


def test_figures_stand_in_order_of_their_key_and_add_up() -> None:
    told = open_figures(HEAD, COUNTED)
    assert told["log"] == {
        "origin": "audit.example/fund",
        "size": 7,
        "root": "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    }
    assert told["total"] == amounts(1000, 700, 500, 100, 400)
    keys = ("month", "fund", "subcommittee", "category")
    figures = told["figures"]
    assert isinstance(figures, list)
    seen = [(tuple(figure.pop(key) for key in keys), figure) for figure in figures]
    assert seen == [
        (("2026-10", "GEN", None, None), amounts(1000, 0, 0, 0, 0)),
        (("2026-10", "GEN", "SC5", None), amounts(0, 700, 0, 0, 0)),
        (("2026-10", "GEN", "SC5", "LIVING"), amounts(0, 0, 500, 500, 0)),
        # What is paid in a later month is committed no longer: the net change is negative.
        (("2026-11", "GEN", "SC5", "LIVING"), amounts(0, 0, 0, -400, 400)),
    ]


def test_what_was_taken_back_is_taken_off() -> None:
    back = [
        Counted("2026-12", "GEN", "SC5", "LIVING", "came_back", 150),
        Counted("2026-12", "GEN", "SC5", "LIVING", "fees", 10),
        Counted("2026-12", "GEN", "SC5", "LIVING", "released", 140),
    ]
    # Received is paid out, committed, kept by the bank, and left.
    assert open_figures(HEAD, [*COUNTED, *back])["total"] == amounts(1000, 700, 360, 100, 250, 10)


def test_an_empty_log_has_no_figures() -> None:
    told = open_figures(HEAD, [])
    assert (told["total"], told["figures"]) == (amounts(0, 0, 0, 0, 0), [])
