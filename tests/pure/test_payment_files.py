from __future__ import annotations

import pytest

from portal.payments import ktb
from portal.payments import pain001
from portal.payments import payment_table
from portal.payments.payment_files import FILES
from portal.payments.payment_files import FileKind
from tests.bank_orders import BATCH


def test_every_kind_of_file_can_be_made() -> None:
    assert {*FILES} == {*FileKind}


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (FileKind.KTB, ktb.write(BATCH)),
        (FileKind.PAIN_001_09, pain001.write(BATCH, pain001.Version.V09)),
        (FileKind.PAIN_001_03, pain001.write(BATCH, pain001.Version.V03)),
        (FileKind.TABLE, payment_table.write(BATCH)),
    ],
)
def test_a_kind_is_written_by_its_own_writer(kind: FileKind, written: bytes) -> None:
    assert FILES[kind].write(BATCH) == written


def test_a_file_is_sent_as_what_it_is() -> None:
    assert {kind: (file.ending, file.media_type) for kind, file in FILES.items()} == {
        FileKind.KTB: ("txt", "text/plain; charset=windows-874"),
        FileKind.PAIN_001_09: ("xml", "application/xml"),
        FileKind.PAIN_001_03: ("xml", "application/xml"),
        FileKind.TABLE: (
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
    }
