# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A voter's receipt at the command line: whether a device signed it, and whether the ballot box's log keeps to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from townhall_kiosk.errors import ConfigurationError
from townhall_kiosk.verify.run import log_key, public_key_in
from townhall_voting.board.log import PublishedLog, read_log
from townhall_voting.board.receipt_check import ReceiptChecked, check_receipt
from townhall_voting.eligibility.receipt import VotingReceiptFacts, verify_voting_receipt


@dataclass(frozen=True, slots=True)
class Log:
    """Where the box's ``log.jsonl`` and ``checkpoint`` are, and its verifier key."""

    folder: Path
    key: str


def tell(untrusted: str, certificate: Path, log: Log | None) -> str:
    """Return what the receipt says, once the signature of the device of this certificate holds, and what the log says.

    Raises:
        SlipRefusedError: not a voting receipt by this device.
        LogRefusedError: the log does not verify, or does not continue the one that the receipt names.
        ConfigurationError: the log or a key cannot be read.
    """
    try:
        public_der = public_key_in(certificate)
    except OSError as error:
        raise ConfigurationError(f"{certificate.name}: {error.strerror}") from error
    facts = verify_voting_receipt(untrusted, public_der)
    checked = None if log is None else check_receipt(_read(log), facts)
    return "".join(f"{line}\n" for line in (*_facts(facts), *_findings(facts, checked)))


def _read(log: Log) -> PublishedLog:
    key = log_key(log.key)
    try:
        return read_log((log.folder / "log.jsonl").read_bytes(), (log.folder / "checkpoint").read_text("utf-8"), key)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"the log in {log.folder.name} cannot be read") from error


def _facts(facts: VotingReceiptFacts) -> Iterator[str]:
    yield f"This receipt is genuine.\nMode:     {facts.mode.value}\nElection: {facts.uuid} {facts.election}"
    yield f"Ballot:   {facts.ballot}\nTracker:  {facts.tracker}\nWords:    {facts.words}"
    yield f"Place:    {facts.place}\nDate:     {facts.date}\nDevice:   {facts.device}\nJournal:  {facts.journal}"
    seen = f"{facts.board_size} entries, {facts.board_words}, {facts.board}" if facts.board else "none seen"
    yield f"Box log:  {seen}"


def _findings(facts: VotingReceiptFacts, checked: ReceiptChecked | None) -> Iterator[str]:
    if checked is None:
        return
    if checked.has_root:
        yield f"The published log begins with these {facts.board_size} entries."
    if checked.is_listed:
        yield "The ballot is in the published log."
    elif checked.is_closed:
        yield "The log is closed and the ballot is NOT in it: show this receipt to the election office."
    else:
        yield "The ballot is not in the published log yet."
