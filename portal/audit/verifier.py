"""The page that verifies in the browser: its sources, its words, and the policy it runs under."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from portal.errors import N_
from portal.labels import TABLES
from portal.thai import ENGLISH_MONTHS
from portal.thai import SHORT_MONTHS
from portal.words import in_both

SOURCES = Path(__file__).parent / "browser"
# The names of what may stand in an entry.
LABELS = ("act", "role", "reason", "kind", "channel", "field")

# What the script says; what always stands on the page is in its template.
WORDS: Mapping[str, str] = {
    "title": N_("Check a document or an entry"),
    "start": N_("Nothing has been verified yet"),
    "busy": N_("Checking"),
    "witnessed": N_("Verified and witnessed"),
    "unwitnessed": N_("Verified, but too few witnesses have signed yet"),
    "published": N_("Recorded and published by the foundation; no outside witness"),
    "paper": N_("The entry is verified; your paper was not compared"),
    "invalid": N_("Not valid"),
    "unchecked": N_("Could not be checked"),
    "start_why": N_("Choose a file, or open the QR of a document. So far this page says nothing."),
    "busy_why": N_("Your device is computing. So far this page says nothing."),
    "unchecked_why": N_("This says nothing for or against it: a part of the check is missing."),
    "of_entry": N_("This entry stands unchanged in the foundation's log."),
    "of_document": N_(
        "The file you chose is, byte for byte, the document that this entry sealed, and the entry "
        "stands unchanged in the foundation's log."
    ),
    "by_witnessed": N_(
        "Enough witnesses outside the foundation have signed for the same log; they are named "
        "below."
    ),
    "by_unwitnessed": N_(
        "The foundation has signed for it. Fewer outside witnesses have signed along than this "
        "log asks for. Check again in a few minutes."
    ),
    "by_published": N_(
        "The foundation has signed for it. This log asks for no outside witness, so the "
        "foundation could still show other people another log."
    ),
    "paper_why": N_(
        "Anybody can copy a QR onto another paper. Compare what stands below with your paper, or "
        "choose the PDF to have it compared."
    ),
    "failed_form": N_("The file is damaged, cut short, or no proof file."),
    "failed_checkpoint": N_(
        "The proof bears no good signature of this log: it was made for another log, or changed."
    ),
    "failed_witnesses": N_(
        "The signature of a witness does not fit: it was changed, or it stands there twice."
    ),
    "failed_place": N_(
        "The entry does not lead to the value that the foundation signed: the entry, its place or "
        "a value in between was changed."
    ),
    "failed_entry": N_("The entry is not written in the one form that this log allows."),
    "failed_link": N_("The proof is about another entry than the link."),
    "failed_document": N_(
        "The file is not the document that this entry sealed: it was changed after it was issued, "
        "or it belongs to another entry."
    ),
    "failed_next": N_(
        "Do not rely on it. Fetch it once more from the portal. If it fails again, keep the file "
        "and tell the foundation and others."
    ),
    "missing_browser": N_(
        "This browser cannot check signatures of the kind Ed25519. Chrome from 137, Firefox from "
        "129 and Safari from 17 can, if the page was opened over https or from a file. The tool "
        "fundlog-verify can without a browser."
    ),
    "missing_policy": N_("The keys of the log in this page cannot be read. Fetch the page anew."),
    "missing_link": N_(
        "No verify link can be read in the file. Scan the QR that is printed on it, or paste its "
        "link below."
    ),
    "missing_one_link": N_(
        "The file holds more than one verify link. Scan the QR that is printed on it, or paste "
        "its link below."
    ),
    "missing_good_link": N_(
        "The link cannot be read. A verify link ends in #1. and two codes with a dot between them."
    ),
    "missing_proof": N_(
        "The portal cannot be reached from here, so the proof file is needed: choose "
        "{eid}.tlog-proof."
    ),
    "missing_published": N_(
        "The portal gives no proof of this entry. A new entry has one after about a minute; an "
        "invented one never."
    ),
    "missing_file": N_("The file cannot be read, or it is larger than 200 MB."),
    "missing_pair": N_("Choose one document, or one proof file, or one of each."),
    "missing_fault": N_(
        "Something in this page failed, so it says nothing. Load it anew, or use another browser "
        "or the tool fundlog-verify."
    ),
    "choose_document": N_("Choose the PDF"),
    "choose_proof": N_("Choose the proof file"),
    "passed": N_("Passed"),
    "look": N_("Take note"),
    "failed": N_("Failed"),
    "step_form": N_("The proof file is whole"),
    "note_form": N_("Every part is there, each in the one form that is allowed."),
    "step_checkpoint": N_("The foundation's key has signed"),
    "note_checkpoint": N_(
        "It signed a checkpoint of the log {origin}: a short note that sums up all {size} entries "
        "in one value."
    ),
    "step_witnesses": N_("No signature of a witness is wrong"),
    "note_witnesses": N_("{count} of the {known} witnesses that this page knows have signed."),
    "note_no_witness": N_("This page knows of no witness."),
    "step_place": N_("The entry is in the log, unchanged"),
    "note_place": N_(
        "With {count} values in between, it leads to the value that was signed. With one letter "
        "changed it would not."
    ),
    "step_entry": N_("The entry is written in the one form that is allowed"),
    "note_entry": N_("So it can be read in one way only."),
    "step_link": N_("It is the entry of the link"),
    "note_link": N_("Link and proof name the same entry."),
    "step_document": N_("The file is the document that was sealed"),
    "note_document": N_(
        "Its digest (SHA-256) and the secret number in its QR give the value that stands in the "
        "entry."
    ),
    "step_paper": N_("No document was compared"),
    "note_paper": N_("Only the entry was checked. A paper could say something else."),
    "step_witnessed": N_("Enough witnesses have signed"),
    "step_unwitnessed": N_("Not enough witnesses have signed yet"),
    "step_published": N_("No outside witness"),
    "note_witnessed": N_(
        "Witnesses sign only a log that continues the one they saw before. So everybody is shown "
        "the same log, unless enough of them act together with the foundation."
    ),
    "note_unwitnessed": N_("Until then nobody outside says that everybody is shown the same log."),
    "note_published": N_("Nobody outside says that everybody is shown the same log."),
    "signed": N_("Has signed"),
    "unsigned": N_("Not signed yet"),
    "signed_at": N_("on {moment}"),
    "fact_file": N_("File"),
    "fact_digest": N_("Digest of the file (SHA-256)"),
    "fact_type": N_("What was recorded"),
    "fact_role": N_("In the role of"),
    "fact_at": N_("When, by the portal's clock"),
    "fact_place": N_("Place in the log"),
    "fact_eid": N_("Id of the entry"),
    "fact_sealed": N_("Sealed, readable only with its key"),
    "place": N_("number {index}, counted from 0, of {size} entries"),
    "baht": N_("{amount} baht"),
    "yes": N_("yes"),
    "no": N_("no"),
}


@dataclass(frozen=True, slots=True)
class Inline:
    """A script or a style as it stands in the page, byte for byte."""

    text: str

    @classmethod
    def of(cls, *names: str) -> Inline:
        """Join source files, in this order."""
        return cls("".join((SOURCES / name).read_text("utf-8") for name in names))

    @property
    def source(self) -> str:
        """Return what a content policy calls it: by its digest."""
        digest = hashlib.sha256(self.text.encode()).digest()
        return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


SCRIPT = Inline.of("log.js", "entry.js", "words.js", "page.js")
STYLE = Inline.of("page.css")
# A saved copy keeps this in itself; only a header can also say who may frame the page.
CONTENT_POLICY = (
    "default-src 'none'; connect-src 'self'; img-src data:; "
    f"script-src {SCRIPT.source}; style-src {STYLE.source}; form-action 'none'; base-uri 'none'"
)
HEADER = f"{CONTENT_POLICY}; frame-ancestors 'none'"


def json_block(value: object) -> str:
    """Write a value for a script element of JSON: nothing in it can end the element."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def words() -> Mapping[str, object]:
    """Return all that the script says or names, each Thai and English."""
    return {
        "words": in_both(WORDS),
        "labels": {table: in_both(TABLES[table]) for table in LABELS},
        "months": list(zip(SHORT_MONTHS, (name[:3] for name in ENGLISH_MONTHS), strict=True)),
    }
