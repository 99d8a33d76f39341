"""Does a PDF page cost the same in a paper of 1,000 pages and of 100, and does it fit in memory?

The paper is the remittance list of a very large batch, made as the press makes it, each length in a
process of its own. Prints a JSON line for each figure. Run it with `make bench`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import replace
from itertools import cycle
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import pikepdf

from bench.audit import peak_kilobytes
from bench.papers import BASE_URL
from bench.writers import founded
from portal.app import create_app
from portal.papers import Order
from portal.papers import manuscript
from portal.pdf import render_pdf
from tests.printed import REMITTANCE
from tests.printed import paper

Result = dict[str, object]
TOP = Path(__file__).parent.parent
LINES_A_PAGE = 18
MEBIBYTE_IN_KIBIBYTES = 1024


def make(lines: int) -> Mapping[str, float]:
    """Make a paper with so many lines, and tell what it took."""
    long = tuple(islice(cycle(REMITTANCE.lines), lines))
    sheet = replace(REMITTANCE, lines=long)
    with TemporaryDirectory() as name:
        url = f"sqlite:///{Path(name) / 'portal.sqlite'}"
        with founded(Path(name), url) as settings, create_app(settings).test_request_context():
            written = manuscript(Order(sheet.kind, paper(sheet)), base_url=BASE_URL)
        began = time.process_time()
        content = render_pdf(written)
        took = time.process_time() - began
        held = peak_kilobytes() / MEBIBYTE_IN_KIBIBYTES
        (Path(name) / "paper.pdf").write_bytes(content)
        with pikepdf.open(Path(name) / "paper.pdf") as made:
            return {"cpu_s": took, "pages": len(made.pages), "peak_mb": held}


def made_apart(lines: int) -> Mapping[str, float]:
    """Make it in a process of its own: the most memory that one had never falls."""
    words = (sys.executable, "-m", "bench.long_papers", "--make", str(lines))
    told: Mapping[str, float] = json.loads(subprocess.check_output(words, cwd=TOP))  # noqa: S603
    return told


def results(told: argparse.Namespace) -> Iterator[Result]:
    """Make a short one and a long one."""
    few, many = (made_apart(pages * LINES_A_PAGE) for pages in (told.few, told.pages))
    a_page = [one["cpu_s"] / one["pages"] for one in (many, few)]
    what = f"{many['pages']:,.0f} / at {few['pages']:,.0f} pages"
    yield {
        "what": f"CPU of a PDF page at {what}",
        "ours": f"{a_page[0]:.3f} s",
        "peer": f"{a_page[1]:.3f} s",
        "ratio": round(a_page[0] / a_page[1], 3),
    }
    yield {
        "what": f"memory at {what}",
        "ours": f"{many['peak_mb']:.0f} MB",
        "peer": f"{few['peak_mb']:.0f} MB",
        "peak_mb": round(many["peak_mb"]),
    }


def main() -> None:
    """Print every figure as it is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=1_000)
    parser.add_argument("--few", type=int, default=100)
    parser.add_argument("--make", type=int, help="make one with so many lines, in this process")
    told = parser.parse_args()
    if told.make:
        print(json.dumps(make(told.make)))
        return
    for result in results(told):
        print(json.dumps({"bench": "long papers", **result}), flush=True)


if __name__ == "__main__":
    main()
