# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A locked visit judges a document: nothing that its verdict needs is looked for in a file any more."""

import subprocess
import sys
from pathlib import Path

import msgspec

from townhall_kiosk.simulation.checked_documents import signer, trust_files
from townhall_kiosk.staff.messages import StateTrustGiven
from townhall_smartcard.emrtd.access import AccessProtocol
from townhall_smartcard.emrtd.document import ChipRead
from townhall_smartcard.emrtd.document_read import DocumentRead
from townhall_smartcard.emrtd.lds.files import LdsFile
from townhall_smartcard.emrtd.passive_authentication import ReadDocument
from townhall_smartcard.emrtd.session import ChipVerdict
from townhall_smartcard.simulation import lds_files, states
from townhall_smartcard.simulation.lds_files import Holder

_JUDGE = """
import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from townhall_crypto.state_trust import load_state_trust
from townhall_fonts import FONT_DIRECTORY
from townhall_kiosk.document_check.work import examine
from townhall_kiosk.staff.messages import StateTrustGiven
from townhall_kiosk.texts import load_texts
from townhall_kiosk.visit.rehearsal import rehearse
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_process.sandbox import Rights, lock
from townhall_smartcard.emrtd.document_read import DocumentRead
from townhall_smartcard.emrtd.mrz_entry import read_entry

document = msgspec.msgpack.decode(Path(sys.argv[1]).read_bytes(), type=DocumentRead)
given = msgspec.msgpack.decode(Path(sys.argv[2]).read_bytes(), type=StateTrustGiven)
around = Surroundings("here", load_texts(("en",)), (), can_print=False, language="en")
asyncio.run(rehearse(around, Path(FONT_DIRECTORY), datetime.now(UTC)))
lock(Rights.NOTHING_NEW)
now = datetime.now(UTC)
printed = read_entry(sys.argv[3]).zone
found = examine(document, printed, load_state_trust(given.files(), now), now)
print(found.report.verdict.outcome.value, found.report.identity.surname, sorted(found.differing))
"""


def test_a_locked_process_judges_what_a_rehearsed_one_may(tmp_path: Path) -> None:
    zone = lds_files.td1(Holder(state="EST"))
    groups = {1: lds_files.dg1(zone), 11: lds_files.details(LdsFile.DG11, {0x5F0E: b"Eriksson<<Anna Maria"})}
    sod = states.security_object(signer(), groups)
    document = DocumentRead(
        AccessProtocol.PACE, ChipRead(ReadDocument(sod, groups), ChipVerdict.PROVED), 1, 0.1, {"open": 0.1}
    )
    (tmp_path / "document").write_bytes(msgspec.msgpack.encode(document))
    (tmp_path / "trust").write_bytes(msgspec.msgpack.encode(StateTrustGiven.of(trust_files())))
    ran = subprocess.run(
        [sys.executable, "-c", _JUDGE, str(tmp_path / "document"), str(tmp_path / "trust"), zone],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    # Utopia's authority signed for Estonia: every part was looked at, and the one of the country says so.
    assert ran.stdout.split() == ["forged", "ERIKSSON", "[]"], ran.stderr
