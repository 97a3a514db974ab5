# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Verifies everything that results are made of: the package under its officers, each record, the boards' report."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from townhall_crypto.trust import TrustAnchors
from townhall_kiosk.errors import ConfigurationError
from townhall_kiosk.staff.roster import Roster, StaffRole, fingerprint
from townhall_kiosk.verify.run import Request, public_key_in, verify_outcome
from townhall_voting.board.lists import EligibilityReport, verify_list
from townhall_voting.errors import ExportRefusedError
from townhall_voting.exports.outcome import Outcome, outcome_of
from townhall_voting.package.officers import Grounds
from townhall_voting.package.package import ElectionPackage, verify_package
from townhall_voting.record.findings import Verified


@dataclass(frozen=True, slots=True)
class Sources:
    """Where everything lies. ``content`` is what administrators publish: its list of staff and its trust folder."""

    package: Path
    content: Path
    records: tuple[Path, ...]
    side_cars: Path | None
    report: Path
    board_certificate: Path
    processes: int


def gather(sources: Sources, at: datetime) -> Outcome:
    """Return the outcome, once all that it rests on was verified; certificates are judged ``at`` that time.

    Raises:
        ConfigurationError: a file cannot be read.
        PackageRefusedError, ListRefusedError, ExportRefusedError: something is not what it claims to be.
        TrustMaterialError: the trust folder cannot be read.
    """
    try:
        package = _package(sources, at)
        report = verify_list(sources.report.read_bytes(), EligibilityReport, public_key_in(sources.board_certificate))
    except OSError as error:
        raise ConfigurationError(f"{error.filename}: {error.strerror}") from error
    return outcome_of(package, [_record(path, sources) for path in sources.records], report)


def _package(sources: Sources, at: datetime) -> ElectionPackage:
    files = {path.name: path.read_bytes() for path in sorted(sources.package.iterdir())}
    roster = Roster.read((sources.content / "staff" / "staff.json").read_bytes())

    def is_officer(certificate_der: bytes, now: datetime) -> bool:
        lines = roster.entries.get(fingerprint(certificate_der), ())
        return any(line.role is StaffRole.OFFICER and line.not_before <= now < line.expires for line in lines)

    return verify_package(files, Grounds(_anchors(sources.content / "trust"), is_officer, at))


def _anchors(trust: Path) -> TrustAnchors:
    def read(folder: str) -> tuple[bytes, ...]:
        return tuple(path.read_bytes() for path in sorted((trust / folder).glob("*.*")))

    return TrustAnchors(read("anchors"), read("intermediates"), read("crls"))


def _record(path: Path, sources: Sources) -> Verified:
    side_cars = sources.side_cars or path.parent
    outcome = verify_outcome(Request(path, side_cars, None, None, sources.processes))
    if not isinstance(outcome, Verified):
        raise ExportRefusedError(f"{path.name} is refused, {outcome.reason.code}: townhall verify tells more")
    return outcome


def package_sha256(package: Path) -> str:
    """Return by what people compare a package: SHA-256 of its manifest, hex.

    Raises:
        ConfigurationError: it cannot be read.
    """
    try:
        return hashlib.sha256((package / "manifest.json").read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigurationError(f"{error.filename}: {error.strerror}") from error
