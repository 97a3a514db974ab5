# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Why a record is refused or frowned on: closed lists with stable codes, and the place that a reason speaks of."""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a record: ``offset`` in bytes of a member's block, ``height`` of the event it belongs to, if known."""

    offset: int
    height: int | None = None


class _Coded(Enum):
    """Members carry a stable code and the sentence that engineers read; people read the catalogue's."""

    def __init__(self, code: str, meaning: str) -> None:
        self.code = code
        self.meaning = meaning


class Refusal(_Coded):
    """Why a record must not be believed (docs/formats/verification-report.md)."""

    # the bytes of the archive
    EMPTY = ("R101", "there is nothing in it")
    HEADER = ("R102", "it does not begin as a Belenios archive of version 1")
    BLOCK = ("R103", "the block before a member is not in its one spelling, or of another time than the first")
    TRUNCATED = ("R104", "it ends within a member")
    PADDING = ("R105", "something other than zeros fills up a block")
    NAME = ("R106", "a member's name is not the hash of its bytes")
    TOO_LARGE = ("R107", "a member is larger than any that an election has")
    LOOSE_DATA = ("R108", "data stand after the last event")
    # the chain of events
    EVENT = ("R201", "an event is not one of the known events in their one spelling")
    HEIGHT = ("R202", "an event's number does not follow from the one before it")
    PARENT = ("R203", "an event does not name the one before it")
    PAYLOAD = ("R204", "what stands before an event is not exactly what it names and needs")
    ORDER = ("R205", "an event stands where none of its kind may")
    # the setup
    ELECTION = ("R301", "the election is malformed, or one that nobody could vote in")
    OTHER_NAME = ("R302", "the file bears another election's name")
    TRUSTEES = ("R303", "the trustees are not to be trusted with this election")
    CREDENTIALS = ("R304", "the list of voting keys is malformed, or holds a key twice or none of the group")
    WEIGHTED_RANKING = ("R305", "a ranked question, whose ballots all count once, and a voting key with a weight")
    # ballots
    UNKNOWN_CREDENTIAL = ("R401", "a ballot by a voting key that is not on the list")
    SECOND_BALLOT = ("R402", "a second ballot by the same voting key")
    BALLOT_MALFORMED = ("R403", "a ballot that is none of this election in the record's one spelling")
    BALLOT_ELECTION = ("R404", "a ballot for another election")
    BALLOT_MEMBERSHIP = ("R405", "a ballot with a number that is no element of the group")
    BALLOT_HASH = ("R406", "a ballot that names another hash than its own")
    BALLOT_SIGNATURE = ("R407", "a ballot that is not signed by the voting key that it names")
    INDIVIDUAL_PROOF = ("R408", "a ballot that does not prove each choice to be 0 or 1")
    OVERALL_PROOF = ("R409", "a ballot that does not prove its number of choices to be allowed")
    BLANK_PROOF = ("R410", "a ballot that does not prove to be either blank or not")
    ENCRYPTION_PROOF = ("R411", "a ballot whose maker does not prove to know what is encrypted")
    # the tally and its shuffles
    TALLY_MALFORMED = ("R501", "the stored tally is none of this election")
    TALLY_COUNT = ("R502", "the stored tally names another number of ballots")
    TALLY_WEIGHT = ("R503", "the stored tally names another weight")
    TALLY = ("R504", "the stored tally is not that of the ballots")
    SHUFFLE_MALFORMED = ("R511", "a shuffle is malformed, or of other lists")
    SHUFFLE_PROOF = ("R512", "a shuffle does not prove to neither add, drop nor change")
    SHUFFLE_OWNER = ("R513", "a shuffle by nobody who is a trustee")
    SHUFFLE_REPEATED = ("R514", "a second shuffle by the same trustee")
    SHUFFLE_NEEDLESS = ("R515", "a shuffle where nothing is to be shuffled")
    SHUFFLE_MISSING = ("R516", "ballots are decrypted one by one without a shuffle")
    # decryption
    SHARE_OWNER = ("R601", "a share by nobody who is a trustee")
    SHARE_MALFORMED = ("R602", "a share is malformed, or of another tally")
    SHARE_MEMBERSHIP = ("R603", "a share with a number that is no element of the group")
    SHARE_PROOF = ("R604", "a share is not proved to be made with the trustee's key")
    NO_SIDE_CAR = ("R605", "a share without its strong proofs beside the record")
    SIDE_CAR_MALFORMED = ("R606", "a share's strong proofs are malformed, or speak of something else")
    SIDE_CAR_PROOF = ("R607", "a share's strong proofs do not hold")
    SHARE_REPEATED = ("R608", "a second share by the same trustee")
    TOO_FEW_SHARES = ("R609", "a result from fewer shares than it takes")
    # the result
    RESULT_MALFORMED = ("R701", "the stored result is none of this election")
    RESULT = ("R702", "the stored result is not what the tally holds")
    UNDECODABLE = ("R703", "the tally holds something that these ballots could not")
    # what was published during the vote
    LOG = ("R801", "what was published is not the ballot box's, is not closed, or contradicts itself")
    LOG_ELECTION = ("R802", "the list of rejected ballots is another election's")
    DROPPED = ("R803", "a ballot that was published is neither in the record nor on the list of rejected ones")
    UNPUBLISHED = ("R804", "a ballot in the record was never published")
    CHECKED_COUNTED = ("R805", "a ballot in the record was shown to a checker, and is void for ever")
    REJECTED_COUNTED = ("R806", "a ballot in the record is on the list of rejected ones")
    WEIGHTED = ("R807", "a ballot counts more than once, and a box takes each for one vote")
    UNCONFIRMED = ("R808", "a ballot in the record is none of those that the eligibility board accepted")
    ACCEPTED_DROPPED = ("R809", "an accepted ballot is neither in the record nor named as rejected, opened or missing")


class Concern(_Coded):
    """What does not make a record false, and should not be so; a report names it."""

    UNSORTED_CREDENTIALS = ("W101", "the voting keys are not sorted: their order may tell who came when")
    UNSORTED_BALLOTS = ("W102", "the ballots are not sorted by tracker: their order may tell when they were cast")
    PLAIN_TRUSTEES = ("W103", "the trustees' ceremony is published in the older layout, which binds less")
    NO_SIDE_CARS = ("W104", "the shares' strong proofs were not asked for")
    NO_LOG = ("W105", "nothing tells which ballots were published during the vote")
    MISSING_BALLOTS = ("W106", "ballots that people signed for never came to the ballot box")
    WEIGHTS = ("W107", "ballots count more than once: false, unless the election gives its voters several votes each")
    NO_ACCEPTED = ("W108", "nothing tells which ballots the eligibility board accepted")
