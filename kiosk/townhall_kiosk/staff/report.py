# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The readiness report: tests and status on paper and for programs, signed by the device key.

Format: docs/formats/readiness-report.md.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

import msgspec

from townhall_crypto import namespaces
from townhall_crypto.device_key import DeviceKey, verify_device_signature
from townhall_crypto.errors import CryptoError
from townhall_forms.document import Direction, Line, ReportModel, ReportTable, extract_report, render_report
from townhall_forms.errors import FormError
from townhall_kiosk.errors import ReceiptRefusedError
from townhall_kiosk.staff.acts import DeviceResult, MakeReport
from townhall_kiosk.staff.errors import MediumError
from townhall_kiosk.staff.lines import StatusLine, result_lines, status_lines
from townhall_kiosk.staff.status import KioskStatus
from townhall_kiosk.texts import Texts

FOLDER: Final = "reports"


class ReportFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a report says."""

    made: str  # ISO 8601 with offset, to the second
    results: tuple[DeviceResult, ...]
    status: KioskStatus
    version: Literal[1] = 1

    def signed_bytes(self) -> bytes:
        """Return the bytes under the device signature (namespace apart)."""
        return msgspec.json.encode(self, order="sorted")


class _Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """report.json as attached; ``signature`` is DER in hex."""

    report: ReportFacts
    signature: str


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it is stored and printed."""

    facts: ReportFacts
    pdf: bytes

    @classmethod
    def make(cls, status: KioskStatus, act: MakeReport, made: datetime, key: DeviceKey, fonts: Path) -> "Report":
        """Set and sign a report.

        Raises:
            ConfigurationError: no such language.
            DocumentFailedError: it cannot be set.
        """
        facts = ReportFacts(made.isoformat(timespec="seconds"), act.results, status)
        signature = key.sign(namespaces.READINESS_REPORT, facts.signed_bytes()).hex()
        text = Texts(act.language)
        model = ReportModel(
            title=text("report.title"),
            language=act.language,
            direction=Direction.RIGHT_TO_LEFT if text.is_right_to_left else Direction.LEFT_TO_RIGHT,
            issuer=f"{status.place} · {status.kiosk}",
            tables=(
                ReportTable(text("report.tests"), _tests(act.results, text)),
                ReportTable(text("report.status"), _lines(status_lines(status, text), text)),
            ),
            note=text("report.note", date=text.date_time(made)),
            proof=Line(text("report.signature"), signature),
            page_words=text("page.of", page="{page}", pages="{pages}"),
            created=made,
            content=msgspec.json.encode(_Signed(facts, signature), order="sorted"),
            content_description=text("report.attachment"),
        )
        return cls(facts, render_report(model, fonts))


def _tests(results: tuple[DeviceResult, ...], text: Texts) -> tuple[Line, ...]:
    lines = _lines(result_lines(results, text), text)
    return lines or (Line(text("report.tests"), text("report.no-tests")),)


def _lines(lines: tuple[StatusLine, ...], text: Texts) -> tuple[Line, ...]:
    mark = text("staff.attention")
    return tuple(Line(each.label, f"{each.value} - {mark}" if each.needs_attention else each.value) for each in lines)


def store_report(home: Path, report: Report) -> Path:
    """Keep a report in the home, from where it goes with the next stick; return its path.

    Raises:
        MediumError: the disk did not take it.
    """
    folder = home / FOLDER
    name = report.facts.made.replace(":", "").replace("+", "p") + ".pdf"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        new = folder / f"{name}.new"
        with new.open("wb") as file:
            file.write(report.pdf)
            file.flush()
            os.fsync(file.fileno())
        return new.replace(folder / name)
    except OSError as exc:
        raise MediumError(f"{FOLDER}: {exc.strerror}") from exc


def verify_report(untrusted_pdf: bytes, device_public_der: bytes) -> ReportFacts:
    """Return what a report says for programs, once the device's signature over it holds.

    The pages are for people; what counts is the signed part, which ``townhall report verify`` prints.

    Raises:
        ReceiptRefusedError: not a report, or not signed by this device.
    """
    try:
        signed = msgspec.json.decode(extract_report(untrusted_pdf), type=_Signed)
        signature = bytes.fromhex(signed.signature)
        verify_device_signature(device_public_der, namespaces.READINESS_REPORT, signed.report.signed_bytes(), signature)
    except (FormError, CryptoError, msgspec.MsgspecError, ValueError) as exc:
        raise ReceiptRefusedError("no report that this device signed") from exc
    return signed.report
