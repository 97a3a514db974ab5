# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong in the journal and on the line to the centre.

::

    SyncError
    ├── OutOfServiceError           the kiosk takes no visit until staff have acted
    │   ├── JournalCorruptError     the journal's bytes are not what was written
    │   ├── JournalRolledBackError  the journal is older than a head that somebody else knows
    │   ├── JournalForeignError     another kiosk's journal, or made by a newer program
    │   ├── JournalInUseError       another process holds the journal
    │   ├── JournalFaultError       the disk refused to read or write: outcome unknown until opened again
    │   └── JournalReadOnlyError    the disk lets nothing be written: nothing was committed
    ├── JournalFullError            no room: the transaction was not taken, earlier ones are safe
    ├── UntrustedMessageError       the other side sent something that does not verify: keep everything, try again
    │   ├── MessageMalformedError   bytes that are no message of the protocol
    │   ├── RequestSignatureError   an HTTP request whose signature does not verify
    │   ├── ReceiptRefusedError     a receipt that does not prove what it says
    │   └── EnrolmentRefusedError   an enrolment answer that is not from the centre of the one-time code
    ├── CodeMistypedError           a one-time code with a typing mistake: read it again
    ├── StickError                  a USB stick: nothing is lost, take another one or try again
    │   ├── StickUnusableError      no directory, or something else lies where ours should be
    │   ├── StickFullError          no room for what was to be written
    │   ├── StickReadOnlyError      it cannot be written to
    │   └── StickFaultError         reading or writing failed: it was pulled, or is broken
    └── CatalogueDamagedError       our own copy of the catalogue is not what was verified: fetch it anew
"""

from enum import Enum


class SyncError(Exception):
    """Base of this part's errors."""

    code = "TH-SYNC-000"


class OutOfServiceError(SyncError):
    """The journal cannot be used; no visit may begin."""

    code = "TH-SYNC-010"


class JournalCorruptError(OutOfServiceError):
    """The journal's content contradicts its own hashes or signatures."""

    code = "TH-SYNC-011"


class JournalRolledBackError(OutOfServiceError):
    """An old image of the journal was put back, or the disk was cloned."""

    code = "TH-SYNC-012"


class JournalForeignError(OutOfServiceError):
    """The journal belongs to another kiosk or key, or a newer program wrote it."""

    code = "TH-SYNC-013"


class JournalInUseError(OutOfServiceError):
    """Another process has the journal open."""

    code = "TH-SYNC-014"


class JournalFaultError(OutOfServiceError):
    """A read or write failed; whether the last commit holds is known only after opening the journal again."""

    code = "TH-SYNC-015"


class JournalReadOnlyError(OutOfServiceError):
    """The disk is mounted for reading alone, or the file system turned so after a fault; nothing was committed."""

    code = "TH-SYNC-016"


class JournalFullError(SyncError):
    """The disk is full and the reserve is used up; nothing was committed."""

    code = "TH-SYNC-020"


class UntrustedMessageError(SyncError):
    """A message from outside did not verify."""

    code = "TH-SYNC-030"


class MessageMalformedError(UntrustedMessageError):
    """Bytes that are no message of the protocol, or too many of them."""

    code = "TH-SYNC-031"


class RequestSignatureError(UntrustedMessageError):
    """An HTTP request without a valid RFC 9421 signature over what it must cover."""

    code = "TH-SYNC-032"


class ReceiptRefusal(Enum):
    """Why a receipt or checkpoint was refused; the names stand in the audit trail."""

    FORGED = "not signed by the centre's receipt key"
    OTHERS = "about another envelope, journal or question"
    CHECKPOINT = "the checkpoint is not the centre's log's"
    NOT_LOGGED = "the proof does not lead from the envelope to the checkpoint"
    NOT_CONTINUED = "the log does not continue an earlier checkpoint"


class ReceiptRefusedError(UntrustedMessageError):
    """A receipt that is forged, another envelope's, or not in the log that it names."""

    code = "TH-SYNC-033"

    def __init__(self, reason: ReceiptRefusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


class EnrolmentRefusedError(UntrustedMessageError):
    """An enrolment answer that does not fit the one-time code or the kiosk's key."""

    code = "TH-SYNC-034"


class CodeMistypedError(SyncError):
    """The text is no one-time code: a character is wrong, missing or too many."""

    code = "TH-SYNC-040"


class StickError(SyncError):
    """A USB stick could not be used; the journal is as it was."""

    code = "TH-SYNC-050"


class StickUnusableError(StickError):
    """No directory is there, or a link or a file is where a folder of ours should be."""

    code = "TH-SYNC-051"


class StickFullError(StickError):
    """There was no room; what was written before is whole."""

    code = "TH-SYNC-052"


class StickReadOnlyError(StickError):
    """The stick cannot be written to."""

    code = "TH-SYNC-053"


class StickFaultError(StickError):
    """Reading or writing failed: the stick was pulled, or is broken."""

    code = "TH-SYNC-054"


class CatalogueDamagedError(SyncError):
    """The kiosk's own copy of the catalogue is not what was verified when it was taken."""

    code = "TH-SYNC-060"
