"""What does the portal add to WeasyPrint, and do both cores work? Run it with `make bench-papers`.

Prints a JSON line for each figure. *Bare* is WeasyPrint alone with the same page and the
same style sheet, read anew for each paper as its manual shows it; *tagged* is the same as PDF/A-3a;
*portal* is everything: the page is written, laid out, mended, and carries its data. The arms take
turns within one run; a ratio is the median of the ratios round by round.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from weasyprint import CSS
from weasyprint import HTML
from weasyprint.text.fonts import FontConfiguration

from bench.writers import founded
from portal import pdf
from portal.app import create_app
from portal.audit.service import new_stamp
from portal.manuscript import Manuscript
from portal.papers import Order
from portal.papers import make_paper
from portal.papers import manuscript
from portal.payments.printed import Sheet
from portal.press import cores
from portal.press import press
from tests.printed import RECEIPT
from tests.printed import SHEETS
from tests.printed import paper

BASE_URL = "https://fund.example"
GOAL = 1.15
BATCH = 200
Result = dict[str, object]


def bare(html: str, **how: object) -> bytes:
    """Make a paper with WeasyPrint alone."""
    fonts = FontConfiguration()
    style = CSS(string=pdf._style(), font_config=fonts)  # noqa: SLF001 - the style sheet we ship
    made: bytes = HTML(string=html).write_pdf(stylesheets=[style], font_config=fonts, **how)
    return made


def tagged(html: str) -> bytes:
    """Make a paper with WeasyPrint alone, as PDF/A-3a."""
    # WeasyPrint would leave the file with what the colours mean open.
    profiles = {pdf.SRGB: pdf._srgb()}  # noqa: SLF001 - as we do
    return bare(html, color_profiles=profiles, **pdf.OPTIONS)


def measure_template(sheet: Sheet, *, rounds: int) -> Result:
    """Make one paper by each arm in turn."""
    order = Order(sheet.kind, paper(sheet))
    html = manuscript(order, base_url=BASE_URL).html
    pages = len(pdf.lay_out(html).pages)
    arms: dict[str, Callable[[], object]] = {
        "bare": lambda: bare(html),
        "tagged": lambda: tagged(html),
        "portal": lambda: make_paper(order, base_url=BASE_URL),
    }
    took: dict[str, list[float]] = {arm: [] for arm in arms}
    for turn in range(-1, rounds):  # the first round warms up
        for arm in arms if turn % 2 else reversed(arms):
            seconds = _cpu_seconds(arms[arm])
            if turn >= 0:
                took[arm].append(seconds)
    return {
        "what": f"portal / bare WeasyPrint, CPU time, {sheet.kind}",
        "rounds": rounds,
        "ratio": _ratio(took["portal"], took["bare"]),
        "goal": f"<= {GOAL}",
        "to_tagged": _ratio(took["portal"], took["tagged"]),
        "pages": pages,
        **{
            f"{arm}_pages_per_s": round(pages / statistics.median(seconds), 1)
            for arm, seconds in took.items()
        },
    }


def _cpu_seconds(make: Callable[[], object]) -> float:
    gc.collect()
    before = time.process_time()
    make()
    # Whoever left things to be cleared pays for it, not the next one.
    gc.collect(0)
    return time.process_time() - before


def _ratio(ours: list[float], others: list[float]) -> float:
    pairs = zip(ours, others, strict=True)
    return round(statistics.median(a / b for a, b in pairs), 3)


def measure_batch(*, rounds: int, count: int) -> Result:
    """Make receipts, each of its own, by one process and by one for each core."""
    pages = list(receipts(count))
    took: dict[int, list[float]] = {1: [], cores(): []}
    for turn in range(rounds):
        for processes in took if turn % 2 else reversed(took):
            before = time.perf_counter()
            digests = {made.digest for made in press(pages, processes=processes)}
            took[processes].append(time.perf_counter() - before)
            if len(digests) != count:
                message = "papers that differ have the same bytes"
                raise AssertionError(message)
    return {
        "what": f"{count} receipts, one process / {cores()}",
        "rounds": rounds,
        "speed_up": _ratio(took[1], took[cores()]),
        **{
            f"seconds_with_{processes}": round(statistics.median(seconds), 2)
            for processes, seconds in took.items()
        },
    }


def receipts(count: int) -> Iterator[Manuscript]:
    """Write receipts that differ in whom they name, as a batch does."""
    for number in range(count):
        sheet = replace(RECEIPT, payee=f"{RECEIPT.payee} {number}")
        one = replace(paper(sheet, f"RV-2570-{number:06}"), stamp=new_stamp())
        yield manuscript(Order(sheet.kind, one), base_url=BASE_URL)


def results(chosen: argparse.Namespace) -> Iterator[Result]:
    """Measure every template, then the batch."""
    with tempfile.TemporaryDirectory() as name:
        url = f"sqlite:///{Path(name) / 'portal.sqlite'}"
        with founded(Path(name), url) as settings, create_app(settings).test_request_context():
            for sheet in SHEETS.values():
                yield measure_template(sheet, rounds=chosen.rounds)
            yield measure_batch(rounds=chosen.batches, count=chosen.receipts)


def main() -> None:
    """Print every figure as it is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="papers of each template and arm")
    parser.add_argument("--batches", type=int, default=3, help="batches for each arm")
    parser.add_argument("--receipts", type=int, default=BATCH, help="receipts of a batch")
    for result in results(parser.parse_args()):
        print(json.dumps({"bench": "papers", **result}), flush=True)


if __name__ == "__main__":
    main()
