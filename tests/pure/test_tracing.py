from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies

from portal.publishing.tracing import Allocated
from portal.publishing.tracing import Stretch
from portal.publishing.tracing import reach


def in_line(amounts: list[int]) -> list[Stretch]:
    return [Stretch(sum(amounts[:place]), satang) for place, satang in enumerate(amounts)]


def allocated(shares: list[tuple[str, int]]) -> list[Allocated]:
    taken = in_line([satang for _, satang in shares])
    given_so_far: Counter[str] = Counter()
    found = []
    for index, ((code, satang), piece) in enumerate(zip(shares, taken, strict=True)):
        found.append(Allocated(index, code, piece, Stretch(given_so_far[code], satang)))
        given_so_far[code] += satang
    return found


# Three donations; allocations of the first, of the first and second, of the second.
GIFTS = in_line([1000, 500, 200])
SHARES = allocated([("SC1", 600), ("SC2", 700), ("SC1", 100)])


def test_what_came_first_goes_first() -> None:
    first, second, third = GIFTS
    assert reach(first, SHARES) == {"SC1": Stretch(0, 600), "SC2": Stretch(0, 400)}
    assert reach(second, SHARES) == {"SC2": Stretch(400, 300), "SC1": Stretch(600, 100)}
    assert reach(third, SHARES) == {}


def test_pieces_of_one_subcommittee_are_one() -> None:
    shares = allocated([("SC1", 300), ("SC2", 100), ("SC1", 400)])
    assert reach(Stretch(200, 450), shares) == {"SC1": Stretch(200, 350), "SC2": Stretch(0, 100)}


def test_pieces_that_only_touch_share_nothing() -> None:
    assert Stretch(0, 5).shared(Stretch(5, 5)) == 0
    assert Stretch(0, 5).shared(Stretch(9, 1)) == 0
    assert Stretch(0, 5).shared(Stretch(4, 9)) == Stretch(4, 9).shared(Stretch(0, 5)) == 1


amounts = strategies.lists(strategies.integers(1, 10**12), min_size=1, max_size=8)
codes = strategies.sampled_from(["SC1", "SC2", "SC3"])
wanted = strategies.lists(strategies.tuples(codes, strategies.integers(1, 10**12)), max_size=12)


@given(gifts=amounts, asked=wanted, paid=wanted)
def test_no_satang_is_lost_or_counted_twice(
    gifts: list[int], asked: list[tuple[str, int]], paid: list[tuple[str, int]]
) -> None:
    left, shares = sum(gifts), []
    for code, satang in asked:
        if satang <= left:
            shares.append((code, satang))
            left -= satang
    pieces = [reach(gift, allocated(shares)) for gift in in_line(gifts)]
    for code in ("SC1", "SC2", "SC3"):
        given_here = sum(satang for name, satang in shares if name == code)
        parts = [found[code] for found in pieces if code in found]
        # The pieces of all donations make up the line of the subcommittee, from its beginning.
        assert [part.start for part in parts] == [
            each.start for each in in_line([part.satang for part in parts])
        ]
        assert sum(part.satang for part in parts) == given_here
        spent, payments = 0, []
        for name, satang in paid:
            if name == code and spent + satang <= given_here:
                payments.append(Stretch(spent, satang))
                spent += satang
        for payment in payments:
            assert sum(part.shared(payment) for part in parts) == payment.satang
    for gift, found in zip(gifts, pieces, strict=True):
        assert sum(part.satang for part in found.values()) <= gift
    assert sum(part.satang for found in pieces for part in found.values()) == sum(gifts) - left
