# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The report of the polls, on paper and for programs: zero at the opening, counts at the closing.

Format: docs/formats/voting-stores.md, section "Report". It holds counts and times of officers' acts, and nothing of a
voter; the device signs it.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from townhall_crypto import namespaces
from townhall_crypto.device_key import DeviceKey, verify_device_signature
from townhall_crypto.errors import CryptoError
from townhall_forms.document import Direction, Line, ReportModel, ReportTable, extract_report, render_report
from townhall_forms.errors import FormError
from townhall_kiosk.errors import ReceiptRefusedError
from townhall_kiosk.texts import Texts
from townhall_kiosk.voting.polls import PollingPlace, PollsRecord


class PollsReportFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a report of the polls says."""

    record: PollsRecord
    election: str
    place: str
    device: str
    made: str  # ISO 8601 with offset, to the second
    version: Literal[1] = 1

    def signed_bytes(self) -> bytes:
        """Return the bytes under the device signature (namespace apart)."""
        return msgspec.json.encode(self, order="sorted")


class _Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """report.json as attached; ``signature`` is DER in hex."""

    report: PollsReportFacts
    signature: str


@dataclass(frozen=True, slots=True)
class PollsReport:
    """A report as it is printed."""

    facts: PollsReportFacts
    pdf: bytes

    @classmethod
    def make(  # noqa: PLR0913  # keyword-only but for what it tells of
        cls, record: PollsRecord, here: PollingPlace, *, language: str, made: datetime, key: DeviceKey, fonts: Path
    ) -> "PollsReport":
        """Set and sign a report.

        Raises:
            ConfigurationError: no such language.
            DocumentFailedError: it cannot be set.
        """
        definition = here.definition
        at = made.isoformat(timespec="seconds")
        facts = PollsReportFacts(record, definition.id, here.place.id, here.device.kiosk, at)
        signature = key.sign(namespaces.VOTING_POLLS, facts.signed_bytes()).hex()
        text = Texts(language)
        shown = language if language in definition.languages else definition.languages[0]
        mark = "" if record.mode.value == "official" else f"{text('voting.test-mark')} "
        model = ReportModel(
            title=f"{mark}{text('polls.report.title')}",
            language=language,
            direction=Direction.RIGHT_TO_LEFT if text.is_right_to_left else Direction.LEFT_TO_RIGHT,
            issuer=f"{here.place.name[shown]} · {here.device.kiosk}",
            tables=(ReportTable(definition.title[shown], report_lines(facts, text, made)),),
            note=text("polls.report.note"),
            proof=Line(text("report.signature"), signature),
            page_words=text("page.of", page="{page}", pages="{pages}"),
            created=made,
            content=msgspec.json.encode(_Signed(facts, signature), order="sorted"),
            content_description=text("report.attachment"),
        )
        return cls(facts, render_report(model, fonts))


def report_lines(facts: PollsReportFacts, text: Texts, made: datetime) -> tuple[Line, ...]:
    """Return what the report says, line by line."""
    record, zone = facts.record, made.tzinfo
    lines = [Line(text("polls.state"), text(f"polls.state.{record.state.value}"))]
    for name, seconds in (("opened", record.opened), ("closed", record.closed)):
        if seconds:
            lines.append(Line(text(f"polls.{name}"), text.date_time(datetime.fromtimestamp(seconds, zone))))
    lines += [
        Line(text("polls.statements"), str(record.statements)),
        Line(text("polls.ballots"), str(record.ballots)),
        Line(text("polls.checked"), str(record.checked)),
        Line(text("polls.definition"), record.definition),
        Line(text("polls.made"), text.date_time(made)),
    ]
    return tuple(lines)


def verify_polls_report(untrusted_pdf: bytes, device_public_der: bytes) -> PollsReportFacts:
    """Return what a report says for programs, once the device's signature over it holds.

    Raises:
        ReceiptRefusedError: not a report, or not signed by this device.
    """
    try:
        signed = msgspec.json.decode(extract_report(untrusted_pdf), type=_Signed)
        signature = bytes.fromhex(signed.signature)
        verify_device_signature(device_public_der, namespaces.VOTING_POLLS, signed.report.signed_bytes(), signature)
    except (FormError, CryptoError, msgspec.MsgspecError, ValueError) as exc:
        raise ReceiptRefusedError("no report of polls that this device signed") from exc
    return signed.report
