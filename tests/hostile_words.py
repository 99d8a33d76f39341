"""Words that somebody might type to be taken for something else, and who says whether they were.

Each carries the mark `zq`; whatever of a page, a file or a letter is called so, came from a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from tinyhtml5 import parse

MARK = "zq"
# Told by a page that worked out what was typed, instead of showing it.
WORKED_OUT = str(7 * 1_911_177)
# What a spreadsheet takes for a formula, where a cell begins so.
STARTERS = ("=1+1", "+1+1", "-1+1", "@SUM(1)", "＝1", "\t=1", "'=1")  # noqa: RUF001 - what is tried
WORDS = (
    "<script>zq()</script>",
    "<img src=zq onerror=zq()>",
    "<svg onload=zq()>",
    '"><zq-a>',
    "'><zq-b>",
    '" autofocus onfocus=zq() z="',
    "' onmouseover=zq() z='",
    "` onclick=zq() z=`",
    "javascript:zq()",
    "JaVa\tScRiPt:zq()",
    "\x01javascript:zq()",
    "data:text/html,<script>zq()</script>",
    "vbscript:zq",
    "//zq.example/x",
    "</textarea><zq-c>",
    "</title><zq-d>",
    "</script><script>zq()</script>",
    "</style><style>*{color:zq}</style>",
    "--><zq-e><!--",
    "]]><zq-f>",
    "<svg><script xlink:href=data:,zq()></script></svg>",
    "<svg><a xlink:href='javascript:zq()'><text>zq</text></a></svg>",
    "<math><mtext><table><mglyph><style><img src=zq onerror=zq()>",
    "<iframe srcdoc='<script>zq()</script>'>",
    "<form action=//zq.example><input name=zq>",
    "<base href=//zq.example/>",
    "<meta http-equiv=refresh content='0;url=//zq.example'>",
    "<link rel=stylesheet href=//zq.example/>",
    "<object data=zq><embed src=zq>",
    "<details open ontoggle=zq()>",
    "<a href=javascript:zq()>zq</a>",
    "<scr<script>ipt>zq()</scr</script>ipt>",
    "<img/src='zq'/onerror=zq()//",
    "<<img src=zq onerror=zq()//<",
    "<!--[if zq]><zq-g><![endif]-->",
    "<?xml-stylesheet href='javascript:zq()'?>",
    "&lt;zq-h&gt;",
    "&#60;zq-i&#62;",
    "&#x3c;zq-j&#x3e;",
    "%3Czq-k%3E",
    "\\u003czq-l\\u003e",
    "＜zq-m＞",  # noqa: RUF001 - what is tried
    "\u2039zq-n\u203a",
    "{{ 7*1911177 }}",
    "${7*1911177} #{7*1911177}",
    "{% for x in ().__class__.__base__.__subclasses__() %}zq{% endfor %}",
    "<%= 7*1911177 %>",
    "%(zq)s {zq} {0.__class__} %s %n",
    "zq\u202egpj.exe\u202c",
    "\u2067zq\u2069\u200b\u200d\ufeff",
    "zq\u2028zq\u2029zq\x85zq",
    "zq\x0b\x0c\x1b[31mzq\x7f",
    "ก\u0e38\u0e38\u0e38\u0e49\u0e49\u0e49zq",
    "zq\r\nBcc: zq@zq.example\r\n\r\nzq",
    "zq'; DROP TABLE person; --",
    "../../../etc/zq\\..\\zq",
)
# Not UTF-8 at all, cut off, and written longer than need be.
BROKEN = (
    b"zq\xff\xfe<zq-o>",
    b"\xe0\xb8<zq-p>",
    b"\xc0\xbcscript\xc0\xbezq()",
    b"\xed\xa0\x80<zq-q>",
)
ROOMY = 2_000
# Where an address stands; whoever presses it goes there.
ADDRESSES = frozenset(
    {"href", "src", "action", "formaction", "data", "poster", "cite", "srcdoc", "background"}
)
SCHEMES = ("javascript:", "data:", "vbscript:")
PLAIN = "คำธรรมดา"

_RUN = re.compile(rf"[:<]{MARK}|{MARK}[()]")


def packed(number: int, length_max: int | None) -> str:
    """Return as many words as there is room for: each number begins with another one."""
    room = min(length_max or ROOMY, ROOMY)
    text = f"{STARTERS[number % len(STARTERS)]} {named(number)}"
    first = number % len(WORDS)
    for word in WORDS[first:] + WORDS[:first]:
        if len(text) + 1 + len(word) <= room:
            text = f"{text} {word}"
    return text[:room]


def named(number: int) -> str:
    """Return what the words with this number are known by."""
    return f"{MARK}{number:03}"


Kind = tuple[str, str]
# A browser adds these by itself.
IMPLIED: frozenset[Kind] = frozenset((tag, "") for tag in ("html", "head", "body", "tbody"))
_TAG = re.compile(r"<([A-Za-z][\w-]*)((?:\s[^<>]*)?)>")
_ATTRIBUTE = re.compile(r'([\w:-]+)(?:="[^"]*")?')


def written(page: str) -> set[Kind]:
    """Return the elements, and each with each of its attributes, of a page without such words."""
    found = set()
    for tag, attributes in _TAG.findall(page):
        names = ["", *_ATTRIBUTE.findall(attributes)]
        found |= {(tag.lower(), name.lower()) for name in names}
    return found


@dataclass(frozen=True, slots=True)
class Looks:
    """A page as a browser reads it: what it is made of, and what of it came from words."""

    kinds: set[Kind]
    alive: list[str]


def looks(page: str) -> Looks:
    """Read a page."""
    kinds: set[Kind] = set()
    alive: list[str] = []
    for element in _elements(page):
        names = ["", *(_local(name) for name in element.attrib)]
        kinds |= {(_local(element.tag), name) for name in names}
        alive += _alive(element)
    return Looks(kinds - IMPLIED, alive)


def _local(name: str) -> str:
    return name.rpartition("}")[2].rpartition(":")[2].lower()


def _elements(page: str) -> Iterator[Element]:
    tree: Element = parse(page, namespace_html_elements=False)
    # A comment is an element here, too, but has no name.
    return (element for element in tree.iter() if not callable(element.tag))


def _alive(element: Element) -> Iterator[str]:
    tag = _local(element.tag)
    # Two letters alone stand in a font, too.
    is_run = tag in {"script", "style"} and _RUN.search(element.text or "")
    if MARK in tag or is_run:
        yield f"<{element.tag}>"
    for name, value in element.attrib.items():
        plain = _local(name)
        letters = "".join(sign for sign in value if sign > " ").lower()
        leads = plain in ADDRESSES and letters.startswith((*SCHEMES, "//zq"))
        if MARK in name or plain.startswith("on") or leads or (plain == "style" and MARK in value):
            yield f"<{element.tag} {name}={value[:80]!r}>"
