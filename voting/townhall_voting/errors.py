# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong in this part, grouped by what the reader of the error can do.

::

    VotingError
    ├── RefusedError               something from outside is not what it claims to be: use nothing of it
    │   ├── MalformedError             bytes that do not follow their format, or not in its one spelling
    │   ├── GroupRefusedError          a group that this program does not know, or not one for these questions
    │   ├── MembershipError            a number that is no element of the group
    │   ├── ElectionRefusedError       an election that nobody could vote in
    │   ├── ProofRefusedError          a proof of knowledge does not hold for its statement
    │   ├── BallotRefusedError         a ballot that must not be counted
    │   ├── StatementRefusedError      a statement by which nobody cast a ballot
    │   ├── LogRefusedError            a public log that its box did not sign, or that contradicts itself
    │   ├── ListRefusedError           a list that its board did not sign
    │   ├── OpeningRefusedError        what does not open the ballot that it is said to open
    │   ├── SlipRefusedError           a slip or receipt that is not by the device it names
    │   ├── DefinitionRefusedError     an election's definition that contradicts itself: its author mends it
    │   ├── PackageRefusedError        an election package that is not what two officers signed
    │   ├── RecordRefusedError         a record that must not be believed
    │   ├── TrusteesRefusedError       a list of trustees that an election must not trust
    │   ├── TallyRefusedError          an encrypted tally that is none of this election
    │   ├── ShareRefusedError          a trustee's part of a decryption that proves nothing
    │   ├── ResultRefusedError         a result, or a decryption that gives none
    │   ├── KeyRefusedError            a private key's file that holds none, or another's
    │   ├── CeremonyRefusedError       a message of a trustees' ceremony that ends it
    │   ├── RollEntryRefusedError      a line of the list of voters that cannot stand
    │   ├── RollKeyRefusedError        the officers' cards do not open the roll key
    │   └── ExportRefusedError         results that do not belong together: nothing was exported
    ├── ChoicesRefusedError        choices that the question does not allow: let the person choose again
    ├── UnavailableError           something cannot be used here and now: staff must act
    │   ├── RandomnessError            a source of randomness failed its health test
    │   ├── RecordFileError            an archive cannot be opened or written
    │   ├── CheckPoolError             a process that checks ballots has ended
    │   ├── KeyLockedError             the passphrase does not open a trustee's key
    │   └── TooFewSharesError          trustees are missing, or too many of their shares were refused
    └── ProgrammingError           the caller broke a contract of this part: report it

No error carries a choice, a secret exponent or a seed, in its text or in its attributes.
"""

from enum import Enum

from townhall_crypto.errors import CertificateRefusal
from townhall_voting.record.reasons import Place, Refusal


class VotingError(Exception):
    """Base of this part's errors."""

    code = "TH-VOTE-000"


class RefusedError(VotingError):
    """Something from outside is not what it claims to be."""

    code = "TH-VOTE-010"


class MalformedError(RefusedError):
    """Bytes do not follow their format, or spell it in another way than the one allowed; nothing of them was used."""

    code = "TH-VOTE-011"


class GroupRefusedError(RefusedError):
    """A group's name is unknown, or the group cannot hold the election's questions."""

    code = "TH-VOTE-012"


class MembershipError(RefusedError):
    """A number is no element of the group."""

    code = "TH-VOTE-013"


class ElectionRefusedError(RefusedError):
    """An election is malformed, or has a question that nobody could answer."""

    code = "TH-VOTE-014"


class ProofRefusedError(RefusedError):
    """A zero-knowledge proof does not hold for its statement."""

    code = "TH-VOTE-015"


class BallotRefusal(Enum):
    """Why a ballot was refused."""

    MALFORMED = "not a ballot of this election in the record's one spelling"
    OTHER_ELECTION = "made for another election"
    MEMBERSHIP = "holds a number that is no element of the group"
    HASH = "names another hash than its own"
    SIGNATURE = "not signed by the voting key that it names"
    INDIVIDUAL_PROOF = "a ciphertext is not proved to hold 0 or 1"
    OVERALL_PROOF = "the number of choices is not proved to be allowed"
    BLANK_PROOF = "not proved to be either blank or not"
    ENCRYPTION_PROOF = "the maker does not prove to know what is encrypted"


class BallotRefusedError(RefusedError):
    """A ballot must not be counted; ``reason`` says why."""

    code = "TH-VOTE-016"

    def __init__(self, reason: BallotRefusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


class StatementRefusal(Enum):
    """Why a voter's statement was refused."""

    UNSIGNED = "not a container that is whole and signed by the certificate in it"
    MALFORMED = "not the facts and the sentence of a statement in their one spelling"
    CERTIFICATE = "the certificate was refused"
    OTHER_SENTENCE = "the person read another sentence than these facts have"


class StatementRefusedError(RefusedError):
    """A container is no statement by which somebody cast a ballot.

    ``certificate_reason`` says more when the reason is ``CERTIFICATE``.
    """

    code = "TH-VOTE-130"

    def __init__(self, reason: StatementRefusal, certificate_reason: CertificateRefusal | None = None) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.certificate_reason = certificate_reason


class LogRefusedError(RefusedError):
    """A public log is malformed, contradicts itself, or is not what its checkpoint was signed over."""

    code = "TH-VOTE-132"


class ListRefusedError(RefusedError):
    """A list of the boards is malformed, unsorted, or not signed by its board."""

    code = "TH-VOTE-133"


class OpeningRefusedError(RefusedError):
    """What is to open a checked ballot does not: the device that showed it is at fault, or somebody changed it."""

    code = "TH-VOTE-134"


class SlipRefusedError(RefusedError):
    """A slip or a receipt is malformed, of another kind, or not signed by the device."""

    code = "TH-VOTE-131"


class DefinitionRefusedError(RefusedError):
    """An election's definition contradicts itself; ``reason`` says how, ``place`` where (``contests[2].maximum``)."""

    code = "TH-VOTE-120"

    def __init__(self, place: str, reason: str, file: str = "") -> None:
        super().__init__(": ".join(part for part in (file, place, reason) if part))
        self.place = place
        self.reason = reason
        self.file = file


class PackageRefusal(Enum):
    """Why an election package was refused."""

    MALFORMED = "does not follow its format, or not in its one spelling"
    INCOMPLETE = "a file is missing, or one too many"
    OTHER_BYTES = "a file has other bytes than the manifest says"
    OTHER_ELECTION = "the ballots, the trustees or the roll are not those that follow from the definition"
    OFFICERS = "not signed by two different election officers who are on the list of staff here and now"
    OTHER_MODE = "made for a test, shown as official, or the other way round"


class PackageRefusedError(RefusedError):
    """An election package is not what two officers signed; ``reason`` says why. Nothing of it was used."""

    code = "TH-VOTE-121"

    def __init__(self, reason: PackageRefusal, detail: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason


class RecordRefusedError(RefusedError):
    """A record must not be believed; ``reason`` says why, ``place`` where, ``detail`` more to engineers."""

    code = "TH-VOTE-110"

    def __init__(self, reason: Refusal, place: Place, detail: str = "") -> None:
        said = f"{reason.code}: {reason.meaning}, at byte {place.offset}, event {place.height}"
        super().__init__(f"{said}: {detail}" if detail else said)
        self.reason = reason
        self.place = place
        self.detail = detail


class TrusteesRefusal(Enum):
    """Why a list of trustees was refused."""

    MALFORMED = "not a list of trustees in the record's one spelling"
    MEMBERSHIP = "holds a number that is no element of the group, or the number 1"
    REPEATED = "the same key stands in two places"
    CONTEXT = "a certificate was made for another ceremony or another place in it"
    CERTIFICATE = "a certificate is not signed by the key in it"
    COMMITMENT = "commitments are not signed by their trustee, or not for these certificates"
    KEY_PROOF = "a trustee does not prove to know the private key"
    KEY = "a public key is not the one that the commitments imply"
    KEY_SIGNATURE = "a public key is not signed by its trustee"
    OTHER_ELECTION = "the election's public key is not that of these trustees"


class TrusteesRefusedError(RefusedError):
    """An election must not trust these trustees; ``owner`` counts from 1 over the whole list, None is the list."""

    code = "TH-VOTE-100"

    def __init__(self, reason: TrusteesRefusal, owner: int | None = None) -> None:
        super().__init__(reason.value if owner is None else f"trustee {owner}: {reason.value}")
        self.reason = reason
        self.owner = owner


class TallyRefusedError(RefusedError):
    """Bytes are no encrypted tally of this election."""

    code = "TH-VOTE-101"


class ShareRefusal(Enum):
    """Why a trustee's part of a decryption was refused."""

    UNKNOWN_TRUSTEE = "no trustee has this number"
    MALFORMED = "not a partial decryption of this tally in the record's one spelling"
    MEMBERSHIP = "holds a number that is no element of the group"
    PROOF = "a factor is not proved to be made with the trustee's key"
    NO_SIDE_CAR = "the strong proofs are missing"
    SIDE_CAR_MALFORMED = "the strong proofs do not follow their format, or speak of something else"
    SIDE_CAR_PROOF = "a strong proof does not hold"
    REPEATED = "this trustee's share is there already, in other bytes"


class ShareRefusedError(RefusedError):
    """A trustee's part of a decryption must not be used; ``owner`` names whose it claims to be."""

    code = "TH-VOTE-102"

    def __init__(self, owner: int, reason: ShareRefusal) -> None:
        super().__init__(f"trustee {owner}: {reason.value}")
        self.owner = owner
        self.reason = reason


class ResultRefusedError(RefusedError):
    """A result is malformed, or a decryption gives none that these ballots could have."""

    code = "TH-VOTE-103"


class KeyRefusedError(RefusedError):
    """A file holds no private key, or one that does not belong to its trustee."""

    code = "TH-VOTE-105"


class CeremonyRefusal(Enum):
    """Why a message of a trustees' ceremony was refused."""

    MALFORMED = "not a message of this step in its one spelling"
    MISSING = "there is not one message of each trustee"
    SIGNATURE = "not signed by its trustee"
    OTHER_CEREMONY = "made for another ceremony, another place in it or another step"
    NOT_MINE = "this trustee's own keys are not among the certificates"
    NOT_COMMITTED = "not what its trustee committed to before others showed theirs"
    OTHER_VIEW = "its trustee saw other messages than are here"
    WRONGLY_DEALT = "what it dealt does not fit its commitments"


class CeremonyRefusedError(RefusedError):
    """A message ends the ceremony; ``trustee`` (from 1) names whose it is, None where it is nobody's alone."""

    code = "TH-VOTE-106"

    def __init__(self, reason: CeremonyRefusal, trustee: int | None = None) -> None:
        super().__init__(reason.value if trustee is None else f"trustee {trustee}: {reason.value}")
        self.reason = reason
        self.trustee = trustee


class RollEntryRefusedError(RefusedError):
    """A line of the list of voters cannot stand; ``number`` from 1, ``reason``. The person is not named."""

    code = "TH-VOTE-122"

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"entry {number}: {reason}")
        self.number = number
        self.reason = reason


class RollKeyRefusedError(RefusedError):
    """Two officers' cards did not open the roll key: not these officers, not two of them, or another election."""

    code = "TH-VOTE-123"


class ExportRefusedError(RefusedError):
    """Records, report and package do not belong together, or have nothing of what is to be exported."""

    code = "TH-VOTE-140"


class ChoicesRefusedError(VotingError):
    """Choices that the question does not allow."""

    code = "TH-VOTE-020"


class UnavailableError(VotingError):
    """Something cannot be used here and now; staff must act."""

    code = "TH-VOTE-040"


class RandomnessError(UnavailableError):
    """A source of randomness failed its health test; nothing secret may be drawn from it."""

    code = "TH-VOTE-041"


class RecordFileError(UnavailableError):
    """An archive cannot be opened or written here and now, or another process writes it."""

    code = "TH-VOTE-111"


class KeyLockedError(UnavailableError):
    """The passphrase does not open the file of a trustee's key."""

    code = "TH-VOTE-107"


class CheckPoolError(UnavailableError):
    """A process that checks ballots cannot be started, or has ended; nothing was verified."""

    code = "TH-VOTE-112"


class TooFewSharesError(UnavailableError):
    """The shares at hand open nothing; ``refused`` says which were left out and why."""

    code = "TH-VOTE-104"

    def __init__(self, needed: int, valid: int, refused: tuple[ShareRefusedError, ...]) -> None:
        super().__init__("; ".join([f"{valid} of {needed} shares needed", *map(str, refused)]))
        self.needed = needed
        self.valid = valid
        self.refused = refused


class ProgrammingError(VotingError):
    """The caller broke a contract of this part."""

    code = "TH-VOTE-090"
