from __future__ import annotations

from datetime import timedelta

import pytest

from portal.people.session_rules import Device
from portal.people.session_rules import Ending
from portal.people.session_rules import Limits
from portal.people.session_rules import device
from portal.people.session_rules import ended_by_time
from tests.world import NOON

LIMITS = Limits(idle=timedelta(minutes=30), whole=timedelta(hours=12))


@pytest.mark.parametrize(
    ("seen", "now", "why"),
    [
        (0, 0, None),
        (0, 29, None),
        (0, 30, Ending.IDLE),
        (29, 58, None),
        (700, 719, None),
        (700, 720, Ending.LASTED),
        (719, 720, Ending.LASTED),
    ],
)
def test_a_session_ends_by_idleness_or_by_its_length(
    seen: int, now: int, why: Ending | None
) -> None:
    seen_at, at = (NOON + timedelta(minutes=minutes) for minutes in (seen, now))
    assert ended_by_time(NOON, seen_at, limits=LIMITS, at=at) is why


CHROME = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 {}Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 {}Safari/604"


@pytest.mark.parametrize(
    ("told", "browser", "system"),
    [
        (CHROME.format("Linux; Android 14; SM-A155F", "Mobile "), "Chrome", "Android"),
        (CHROME.format("Windows NT 10.0; Win64; x64", ""), "Chrome", "Windows"),
        (CHROME.format("Windows NT 10.0", "") + " Edg/131.0.0.0", "Edge", "Windows"),
        (CHROME.format("Linux; Android 14", "Line/14.1.0 "), "LINE", "Android"),
        (CHROME.format("X11; CrOS x86_64", ""), "Chrome", "ChromeOS"),
        (IPHONE.format("Version/18.1 "), "Safari", "iPhone"),
        (IPHONE.format("CriOS/131.0 "), "Chrome", "iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Firefox/128.0", "Firefox", "Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15) Firefox/128.0", "Firefox", "Mac"),
        ("<script>", "", ""),
        ("", "", ""),
    ],
)
def test_of_a_device_two_names_are_kept(told: str, browser: str, system: str) -> None:
    assert device(told) == Device(browser, system)
