# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the centre refuses, and what it could not do.

::

    CentralError                       unforeseen: report it with the engineers' log (500)
    ├── RequestRefusedError            the caller must send something else
    │   ├── MalformedRequestError      400  a path, query or body part that cannot be read
    │   ├── EnvelopeUnreadableError    400  no envelope, or its id is not the hash of its header
    │   ├── DigestMismatchError        400  Content-Digest differs from the body: send again
    │   ├── NotFoundError              404
    │   ├── MethodNotAllowedError      405
    │   ├── BodyTooSlowError           408
    │   ├── BodyTooLargeError          413
    │   └── MediaTypeError             415
    ├── CallerRefusedError             the caller must become somebody else
    │   ├── SignatureRefusedError      401  no request signature, or not by the key it names
    │   ├── UnknownKioskError          403  enrol first
    │   ├── UnknownAgencyError         403  let an administrator add the agency
    │   ├── NotYoursError              403  another kiosk's envelope, another agency's inbox
    │   └── EnrolmentRefusedError      403  ask for a new one-time code
    ├── HistoryConflictError           staff must look at the kiosk: its disk was cloned, rolled back or damaged
    │   ├── LinkContradictedError      409  prev_hash contradicts a known neighbour
    │   ├── SequenceTakenError         422  another envelope has this place
    │   └── OtherBytesError            422  other bytes under a known id
    ├── BusyError                      503  send again later
    ├── SetupError                     the administrator's command cannot be carried out as given
    │   ├── DirectoryError
    │   ├── PassphraseRefusedError
    │   ├── SameAdministratorError
    │   ├── EnrolmentStateError
    │   ├── AgencyFileError
    │   ├── CatalogueContentError      a kiosk would refuse or hide something of it: nothing was signed
    │   ├── SigningKeyError            a key file of the catalogue that cannot be used
    │   ├── RepositoryStateError       the repository is not where this command needs it to be
    │   ├── BackupRefusedError         a backup that must not be restored as it is
    │   ├── RegisterSourceError        an online register does not answer, refuses, or answers something else
    │   ├── ElectionFileError          a file from which an election is made cannot be read or is not as it must be
    │   └── OfficerCardError           an election officer's card did not do what it was asked
    ├── VoteStateError                 an act of the election's boards that is not possible as things stand
    └── InboxError                     what an agency's inbox could not do
        ├── CentreUnreachableError     the centre did not answer: the next round tries again
        ├── CentreRefusedError         the centre answered that this agency may not, or sent what it never sends
        ├── TrustServiceError          a time-stamping authority or OCSP responder did not answer: tried again later
        └── CaseUnknownError
"""

from typing import ClassVar


class CentralError(Exception):
    """Base of this part's errors; `status` and `title` are what a caller over HTTP is told."""

    code: ClassVar[str] = "TH-CENT-000"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "The centre failed"


class RequestRefusedError(CentralError):
    """The caller must send something else."""

    code = "TH-CENT-001"
    status = 400
    title = "The request cannot be read"


class MalformedRequestError(RequestRefusedError):
    """A path, query or body part that cannot be read."""


class EnvelopeUnreadableError(RequestRefusedError):
    """The body is no envelope, or the id in the path is not the hash of its header."""

    code = "TH-CENT-002"
    title = "The body is not the envelope that the path names"


class DigestMismatchError(RequestRefusedError):
    """The body is not the one that Content-Digest, and so the signature, speaks of."""

    code = "TH-CENT-003"
    title = "The body differs from its Content-Digest"


class NotFoundError(RequestRefusedError):
    """Nothing is here, or nothing of the caller's."""

    code = "TH-CENT-004"
    status = 404
    title = "Nothing is here"


class MethodNotAllowedError(RequestRefusedError):
    """This address knows other methods."""

    code = "TH-CENT-005"
    status = 405
    title = "This address knows other methods"


class BodyTooSlowError(RequestRefusedError):
    """No byte of the body came for too long."""

    code = "TH-CENT-006"
    status = 408
    title = "The body did not come"


class BodyTooLargeError(RequestRefusedError):
    """The body is longer than any that this address takes."""

    code = "TH-CENT-007"
    status = 413
    title = "The body is too long"


class MediaTypeError(RequestRefusedError):
    """The body's Content-Type is not the one this address takes."""

    code = "TH-CENT-008"
    status = 415
    title = "This address takes another content type"


class CallerRefusedError(CentralError):
    """The caller must become somebody else: enrolled, approved, added."""

    code = "TH-CENT-010"
    status = 403
    title = "The caller may not"


class SignatureRefusedError(CallerRefusedError):
    """The request carries no RFC 9421 signature, or none that its key made."""

    code = "TH-CENT-011"
    status = 401
    title = "The request is not signed by the key it names"


class UnknownKioskError(CallerRefusedError):
    """No approved kiosk has this key."""

    code = "TH-CENT-012"
    title = "No approved kiosk has this key"


class UnknownAgencyError(CallerRefusedError):
    """No agency has this key."""

    code = "TH-CENT-013"
    title = "No agency has this key"


class NotYoursError(CallerRefusedError):
    """The envelope is another kiosk's, or the inbox another agency's."""

    code = "TH-CENT-014"
    title = "This belongs to somebody else"


class EnrolmentRefusedError(CallerRefusedError):
    """The one-time code does not hold: unknown, used, expired, or the proof is wrong. Which, only the staff learn."""

    code = "TH-CENT-015"
    title = "The one-time code does not hold"


class HistoryConflictError(CentralError):
    """What came contradicts what is stored; the centre keeps what it has and tells its staff."""

    code = "TH-CENT-020"
    status = 409
    title = "This contradicts what is stored"


class LinkContradictedError(HistoryConflictError):
    """prev_hash contradicts a known neighbour of the same journal."""

    code = "TH-CENT-021"
    title = "prev_hash contradicts a known neighbour"


class SequenceTakenError(HistoryConflictError):
    """Another envelope has this (kiosk, journal, seq): a cloned or rolled-back disk."""

    code = "TH-CENT-022"
    status = 422
    title = "Another envelope has this place in the journal"


class OtherBytesError(HistoryConflictError):
    """The id is known with other bytes (signature or sealed part differ)."""

    code = "TH-CENT-023"
    status = 422
    title = "This id is stored with other bytes"


class BusyError(CentralError):
    """The database did not let us in in time; nothing was stored."""

    code = "TH-CENT-030"
    status = 503
    title = "Busy: send the same again later"


class SetupError(CentralError):
    """An administrator's command cannot be carried out as given."""

    code = "TH-CENT-040"


class DirectoryError(SetupError):
    """The data directory is missing, taken, incomplete or readable by others."""

    code = "TH-CENT-041"


class PassphraseRefusedError(SetupError):
    """The passphrase does not open the device CA's key, or is too short to guard it."""

    code = "TH-CENT-042"


class SameAdministratorError(SetupError):
    """Who made the one-time code may not approve the kiosk that used it."""

    code = "TH-CENT-043"


class EnrolmentStateError(SetupError):
    """No such enrolment, or one that was already decided."""

    code = "TH-CENT-044"


class AgencyFileError(SetupError):
    """The agency's file cannot be read, or its keys are already another agency's."""

    code = "TH-CENT-045"


class CatalogueContentError(SetupError):
    """Something to be published that a kiosk would refuse or hide."""

    code = "TH-CENT-046"


class SigningKeyError(SetupError):
    """A key file of the catalogue cannot be opened, or is of a kind that kiosks do not know."""

    code = "TH-CENT-047"


class RepositoryStateError(SetupError):
    """The repository is missing, damaged, or waits for signatures."""

    code = "TH-CENT-048"


class BackupRefusedError(SetupError):
    """A backup whose log does not hold together, or that is newer than the clock."""

    code = "TH-CENT-049"


class ElectionFileError(SetupError):
    """A file from which an election package is made cannot be read, or is not as it must be."""

    code = "TH-CENT-070"


class OfficerCardError(SetupError):
    """An election officer's card is not there, cannot be read, or did not sign."""

    code = "TH-CENT-071"


class RegisterSourceError(SetupError):
    """An online register does not answer, refuses, or answers something else; the text quotes no value."""

    code = "TH-CENT-072"


class VoteStateError(CentralError):
    """An act of the eligibility board or the ballot box that is not possible as things stand."""

    code = "TH-CENT-060"


class InboxError(CentralError):
    """What an agency's inbox could not do."""

    code = "TH-CENT-050"


class CentreUnreachableError(InboxError):
    """The centre did not answer; the next round tries again."""

    code = "TH-CENT-051"


class CentreRefusedError(InboxError):
    """The centre refused this agency, or sent what it never sends."""

    code = "TH-CENT-052"


class TrustServiceError(InboxError):
    """A time-stamping authority or OCSP responder did not answer, or not with what such services send."""

    code = "TH-CENT-054"


class CaseUnknownError(InboxError):
    """The inbox has no case of that number."""

    code = "TH-CENT-053"
