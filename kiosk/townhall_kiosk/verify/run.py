# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Verifies a record on the disk with what stands beside it, and keeps what the next verification may remember."""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from townhall_crypto.checkpoint import Ed25519NoteVerifier
from townhall_crypto.device_key import load_device_public_key
from townhall_crypto.errors import CryptoError, MalformedError
from townhall_kiosk.errors import ConfigurationError
from townhall_kiosk.verify.progress import ProgressBar
from townhall_voting.record.ballot_judges import BallotJudge, DirectJudge, Membership
from townhall_voting.record.ballots_check import Watch, unwatched
from townhall_voting.record.check_pool import CheckPool
from townhall_voting.record.findings import Outcome, Verified
from townhall_voting.record.log_check import AcceptedFile, PublishedFiles
from townhall_voting.record.remembered import write_remembered
from townhall_voting.record.report import VerificationReport, report_of
from townhall_voting.record.verifier import Evidence, verify_record

_SMALL_BYTES: Final = 1 << 20
"""Some fifty ballots: starting processes would take longer."""
_SIDE_CAR: Final = re.compile(r".*\.side-car\.([1-9][0-9]{0,2})\.json")


@dataclass(frozen=True, slots=True)
class Published:
    """Where the ballot box's files are (``log.jsonl``, ``checkpoint``, ``<uuid>.rejected.json``), and its keys.

    With the eligibility board's key also that board's ``accepted.json``.
    """

    folder: Path
    log_key: str
    box_certificate: Path
    board_certificate: Path | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What to verify; ``side_cars`` is a folder, None to do without."""

    record: Path
    side_cars: Path | None
    published: Published | None
    remember: Path | None
    processes: int


def verify_file(request: Request) -> VerificationReport:
    """Return what is found; while it works, a bar is shown on a terminal's standard error.

    Raises:
        ConfigurationError: a file cannot be read or written.
        VotingError: a checking process ended.
    """
    return report_of(verify_outcome(request))


def verify_outcome(request: Request) -> Outcome:
    """Return the same for programs: the facts of the record themselves; raises as ``verify_file``."""
    try:
        return _verify(request)
    except OSError as error:
        raise ConfigurationError(f"{error.filename}: {error.strerror}") from error


def _verify(request: Request) -> Outcome:
    size_bytes = request.record.stat().st_size
    published = request.published
    beside = None if published is None else read_published(published, request.record.stem)
    evidence = Evidence(request.record.stem, _side_cars(request), beside)
    known = request.remember
    remembered = known.read_bytes() if known is not None and known.exists() else None
    bar = ProgressBar(sys.stderr, size_bytes)
    with request.record.open("rb") as stream:
        outcome = verify_stream(stream, evidence, request.processes, remembered, bar.reach)
    bar.end()
    if known is not None and isinstance(outcome, Verified) and outcome.facts.election is not None:
        _replace(known, write_remembered(outcome.facts.election, outcome.remembered))
    return outcome


def verify_stream(
    stream: BinaryIO, evidence: Evidence, processes: int, remembered: bytes | None = None, watch: Watch = unwatched
) -> Outcome:
    """Return what is found, as ``verify_record``, with at most so many processes.

    Whether all numbers of a large record are elements is told for all together; a record that is refused is verified
    again, number by number, so that its first fault is told.

    Raises:
        OSError: the record cannot be read.
        UnavailableError: a checking process ended.
    """
    size_bytes = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    if size_bytes < _SMALL_BYTES:
        return verify_record(stream, evidence, DirectJudge(), remembered, watch)
    outcome = verify_record(stream, evidence, _judge(processes, Membership.TOGETHER), remembered, watch)
    if isinstance(outcome, Verified):
        return outcome
    stream.seek(0)
    return verify_record(stream, evidence, _judge(processes, Membership.EACH), remembered, watch)


def _judge(processes: int, membership: Membership) -> BallotJudge:
    return DirectJudge(membership) if processes == 1 else CheckPool(processes, membership)


def _side_cars(request: Request) -> dict[int, bytes] | None:
    if request.side_cars is None:
        return None
    found = ((_SIDE_CAR.fullmatch(path.name), path) for path in request.side_cars.glob("*.side-car.*.json"))
    prefix = f"{request.record.stem}.side-car."
    return {int(match[1]): path.read_bytes() for match, path in found if match and path.name.startswith(prefix)}


def read_published(published: Published, uuid: str) -> PublishedFiles:
    """Return what the ballot box published of an election.

    Raises:
        ConfigurationError: a file or key is not what it should be.
        OSError: a file cannot be read.
    """
    folder, board = published.folder, published.board_certificate
    try:
        checkpoint = (folder / "checkpoint").read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError("checkpoint is no signed note") from error
    return PublishedFiles(
        (folder / "log.jsonl").read_bytes(),
        checkpoint,
        (folder / f"{uuid}.rejected.json").read_bytes(),
        log_key(published.log_key),
        public_key_in(published.box_certificate),
        None if board is None else AcceptedFile((folder / "accepted.json").read_bytes(), public_key_in(board)),
    )


def log_key(text: str) -> Ed25519NoteVerifier:
    """Return the verifier of a log's key as it is written; raises ConfigurationError."""
    try:
        return Ed25519NoteVerifier.from_vkey(text)
    except CryptoError as error:
        raise ConfigurationError(str(error)) from error


def public_key_in(path: Path) -> bytes:
    """Return the public key (DER) of a board: its ``board.pub``, or a certificate, DER or PEM.

    Raises:
        ConfigurationError: it is neither.
        OSError: it cannot be read.
    """
    data = path.read_bytes()
    try:
        load_device_public_key(data)
    except MalformedError:
        return _certified_key(path.name, data)
    return data


def _certified_key(name: str, data: bytes) -> bytes:
    load = x509.load_pem_x509_certificate if data.startswith(b"-----") else x509.load_der_x509_certificate
    try:
        return load(data).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except ValueError as error:
        raise ConfigurationError(f"{name} is neither a public key nor a certificate") from error


def _replace(path: Path, data: bytes) -> None:
    """Write ``path`` as a whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    with new.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
