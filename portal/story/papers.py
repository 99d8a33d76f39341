"""The papers that the story's people attach: one page each that says that it shows nothing."""

from __future__ import annotations

from portal.funds.attachments import PaperKind
from portal.uploads import Upload
from portal.uploads import UploadKind

_FONTS = "<</Font<</F 4 0 R>>>>"
_OBJECTS = (
    "<</Type/Catalog/Pages 2 0 R>>",
    "<</Type/Pages/Kids[3 0 R]/Count 1>>",
    f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 420 298]/Contents 5 0 R/Resources{_FONTS}>>",
    "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
)
FILE_NAMES = {
    PaperKind.ACCOUNT_PAGE: "หน้าสมุดบัญชี สาธิต.pdf",
    PaperKind.CONSENT: "หนังสือยินยอม สาธิต.pdf",
    PaperKind.CERTIFICATE: "หนังสือรับรองการเรียน สาธิต.pdf",
    PaperKind.QUOTATION: "ใบเสนอราคา สาธิต.pdf",
}


def draw_paper(kind: str, label: str) -> Upload:
    """Return a paper of a kind; another label is another paper."""
    # Written by hand: the portal's own papers take half a second each, and there are many.
    words = f"Demonstration only: {kind} {label.encode().hex()[:40]}"
    drawn = f"BT /F 11 Tf 30 150 Td ({words}) Tj ET"
    objects = (*_OBJECTS, f"<</Length {len(drawn)}>>stream\n{drawn}\nendstream")
    text, places = "%PDF-1.4\n", []
    for number, each in enumerate(objects, start=1):
        places.append(len(text))
        text += f"{number} 0 obj{each}endobj\n"
    count = len(objects) + 1
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"trailer<</Size {count}/Root 1 0 R>>\nstartxref\n{len(text)}\n%%EOF\n"
    text += f"xref\n0 {count}\n0000000000 65535 f \n{table}{end}"
    return Upload(UploadKind.PDF, text.encode())
