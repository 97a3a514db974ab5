# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The strict verifier as a trustee uses it: the whole record, then the one tally in it that waits for decryption."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from townhall_kiosk.trustee.decryption import VerifiedRecord
from townhall_kiosk.trustee.errors import RecordUnfitError
from townhall_kiosk.verify.run import Published, read_published, verify_stream
from townhall_voting.errors import MalformedError, RefusedError
from townhall_voting.record.completion import read_waiting
from townhall_voting.record.findings import Facts, NotVerified
from townhall_voting.record.verifier import Evidence


@dataclass(frozen=True, slots=True)
class StrictVerifier:
    """Verifies as ``townhall verify`` does, and compares with what the ballot box published, if its keys are known."""

    processes: int
    published: Published | None

    def verify(self, record: Path, uuid: str, watch: Callable[[int], None]) -> VerifiedRecord:
        """Return what the file ``record`` says: as the port asks for."""
        try:
            with record.open("rb") as stream:
                beside = None if self.published is None else read_published(self.published, uuid)
                outcome = verify_stream(stream, Evidence(uuid, published=beside), self.processes, watch=watch)
                if isinstance(outcome, NotVerified):
                    raise RecordUnfitError(f"{outcome.reason.code} {outcome.reason.meaning}")
                stream.seek(0)
                return _waiting(stream, outcome.facts, is_published=beside is not None)
        except OSError as error:
            raise RecordUnfitError("the record, or what was published, cannot be read") from error


def _waiting(stream: BinaryIO, facts: Facts, *, is_published: bool) -> VerifiedRecord:
    """Read the tally out of a record that holds; nobody but this process writes the copy meanwhile."""
    try:
        waiting = read_waiting(stream)
    except MalformedError as error:
        raise RecordUnfitError(f"the record is {facts.phase.value}: no tally waits for decryption") from error
    except RefusedError as error:
        raise RecordUnfitError("the record changed while it was read") from error
    if waiting.tally.hash != facts.tally:
        raise RecordUnfitError("the record changed while it was read")
    return VerifiedRecord(waiting, is_published=is_published)
