# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What staff can have the keeper do, and the one rule of who may: act -> role and number of persons."""

import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import msgspec

from townhall_kiosk.staff.roster import StaffRole


class ClosingReason(enum.Enum):
    """Why staff take a kiosk out of service, as citizens are told."""

    MAINTENANCE = "maintenance"
    CLOSED = "closed"  # the place itself is closed
    PAPER = "paper"
    TESTING = "testing"


class KeeperTest(enum.Enum):
    """A device that the keeper tests by itself."""

    JOURNAL = "journal"
    CLOCK = "clock"
    DISK = "disk"
    PRINTER = "printer"


class DeviceTest(enum.Enum):
    """Everything that can be tested: by the keeper, or by the person at the screen with the visit's devices."""

    JOURNAL = "journal"
    CLOCK = "clock"
    DISK = "disk"
    PRINTER = "printer"
    READER = "reader"
    SCREEN = "screen"
    SPEECH = "speech"


class Verdict(enum.Enum):
    """How a test ended."""

    PASSED = "passed"
    FAILED = "failed"


class DeviceResult(msgspec.Struct, frozen=True):
    """One test's end; ``code`` says why it failed, where there is one."""

    test: DeviceTest
    verdict: Verdict
    code: str = ""


class AssistStep(enum.Enum):
    """What a clerk does for the person of a visit; each is allowed and audited by itself."""

    BEGAN = "began"
    MORE_TIME = "more-time"
    LANGUAGE = "language"
    TEXT_SIZE = "text-size"
    PRINTED = "printed"
    ENDED_VISIT = "ended-visit"


class LookAtStatus(msgspec.Struct, frozen=True, tag=True):
    """Say how the kiosk stands."""


class RunTest(msgspec.Struct, frozen=True, tag=True):
    """Test one device that the keeper has."""

    test: KeeperTest


class MakeReport(msgspec.Struct, frozen=True, tag=True):
    """Make the readiness report of these results, in this language; print it where there is a printer."""

    language: str
    results: tuple[DeviceResult, ...]


class ExportToStick(msgspec.Struct, frozen=True, tag=True):
    """Write what waits here, and the reports, to the stick."""


class ImportFromStick(msgspec.Struct, frozen=True, tag=True):
    """Take receipts from the stick."""


class RefreshCatalogue(msgspec.Struct, frozen=True, tag=True):
    """Take a newer signed catalogue from the stick."""


class RestartKiosk(msgspec.Struct, frozen=True, tag=True):
    """End the keeper; whoever supervises it starts it anew."""


class TakeOutOfService(msgspec.Struct, frozen=True, tag=True):
    """Serve nobody from the next person on, until it is put back."""

    reason: ClosingReason


class PutInService(msgspec.Struct, frozen=True, tag=True):
    """Serve people again."""


class Assist(msgspec.Struct, frozen=True, tag=True):
    """Help the person of the visit that is on, without seeing what they do."""

    step: AssistStep


class CheckDocument(msgspec.Struct, frozen=True, tag=True):
    """Judge a document by whom this kiosk believes; of the document itself the keeper learns nothing."""


class RetireKiosk(msgspec.Struct, frozen=True, tag=True):
    """End this kiosk for good: destroy its key once everything is delivered."""


class OpenPolls(msgspec.Struct, frozen=True, tag=True):
    """Open the polls with the two cards that open the roll; the zero report is printed in this language."""

    language: str = "en"


class PausePolls(msgspec.Struct, frozen=True, tag=True):
    """Let nobody begin to vote until polls are resumed."""


class ResumePolls(msgspec.Struct, frozen=True, tag=True):
    """Let people vote again."""


class ClosePolls(msgspec.Struct, frozen=True, tag=True):
    """Close the polls for good; the report is printed in this language."""

    language: str = "en"


PollsActs = OpenPolls | PausePolls | ResumePolls | ClosePolls

StaffAct = (
    LookAtStatus
    | RunTest
    | MakeReport
    | ExportToStick
    | ImportFromStick
    | RefreshCatalogue
    | RestartKiosk
    | TakeOutOfService
    | PutInService
    | Assist
    | CheckDocument
    | RetireKiosk
    | PollsActs
)


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may do an act: ``persons`` different people who each have at least ``role``."""

    role: StaffRole
    persons: int = 1


RULES: Final[Mapping[type[StaffAct], Rule]] = MappingProxyType(
    {
        LookAtStatus: Rule(StaffRole.CLERK),
        RunTest: Rule(StaffRole.CLERK),
        MakeReport: Rule(StaffRole.CLERK),
        ExportToStick: Rule(StaffRole.CLERK),
        ImportFromStick: Rule(StaffRole.CLERK),
        RefreshCatalogue: Rule(StaffRole.CLERK),
        RestartKiosk: Rule(StaffRole.CLERK),
        TakeOutOfService: Rule(StaffRole.CLERK),
        PutInService: Rule(StaffRole.CLERK),
        Assist: Rule(StaffRole.CLERK),
        CheckDocument: Rule(StaffRole.CLERK),
        RetireKiosk: Rule(StaffRole.ADMINISTRATOR, persons=2),
        OpenPolls: Rule(StaffRole.OFFICER, persons=2),
        PausePolls: Rule(StaffRole.OFFICER),
        ResumePolls: Rule(StaffRole.OFFICER),
        ClosePolls: Rule(StaffRole.OFFICER, persons=2),
    }
)


def rule_of(act: StaffAct) -> Rule:
    """Return who may do ``act``; there is no act without a rule."""
    return RULES[type(act)]


def act_digest(act: StaffAct) -> str:
    """Return the SHA-256 of an act with all its facts, in hex: what a second person agrees to."""
    return hashlib.sha256(msgspec.json.encode(act, order="sorted")).hexdigest()
