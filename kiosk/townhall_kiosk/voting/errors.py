# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong around voting at the kiosk, by who can mend it.

::

    KioskError
    └── VotingRefusedError         nobody votes here now, or not this person; nothing was cast
        ├── StoreDamagedError          officers: the disk does not hold what was written: close the polls here
        ├── PollsClosedError           officers: two of them open the polls
        ├── PollsPausedError           officers: resume
        ├── PollsEndedError            nobody: closed for good
        ├── OutsideHoursError          voter: come in the hours
        ├── RollLockedError            officers: after a restart two of them open again, for the roll key
        ├── PackageNotCurrentError     officers: the election is not on yet, over, or not one for this kiosk
        ├── NotYetClosingError         officers: hours of voting are on or to come
        ├── NotOnRollError             voter: ask at the electoral office
        ├── VotedHereError             voter: one vote for each person
        ├── OtherDistrictError         voter: vote again, on the ballot of the right district
        ├── BallotNotTakenError        nobody: the ballot does not hold, was opened, or is another than was committed to
        ├── OfficersNeededError        officers: two of them, named in the package, open and close with their cards
        ├── NoSlipPrinterError         staff: nobody votes without a printer for the slips
        ├── OtherRoleError             nobody: a booth is asked who votes, or a desk what
        ├── SlipNotTakenError          voter: bring a slip by a booth of this place, of this election
        ├── SlipNotCastError           voter: bring the booth's second slip; the first one can still be opened
        ├── AdmissionMistypedError     voter: compare each digit with the ticket, and type it again
        └── AdmissionNotOpenError      voter: get a new number; this one is not yours, was used, or is too old
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from townhall_kiosk.errors import KioskError


class VotingRefusedError(KioskError):
    """Nothing was cast."""

    code = "TH-KIOS-050"


class StoreDamagedError(VotingRefusedError):
    """A file of the polling station is missing, or not the one that was written."""

    code = "TH-KIOS-051"


class PollsClosedError(VotingRefusedError):
    """The polls are not open yet."""

    code = "TH-KIOS-052"


class PollsPausedError(VotingRefusedError):
    """The polls are paused."""

    code = "TH-KIOS-053"


class PollsEndedError(VotingRefusedError):
    """The polls are closed for good."""

    code = "TH-KIOS-054"


class OutsideHoursError(VotingRefusedError):
    """It is not an hour of voting at this place."""

    code = "TH-KIOS-055"


class RollLockedError(VotingRefusedError):
    """The keeper has no roll key: it was restarted since the opening."""

    code = "TH-KIOS-056"


class PackageNotCurrentError(VotingRefusedError):
    """The election is not on yet, is over, or is not one for this kiosk."""

    code = "TH-KIOS-057"


class NotYetClosingError(VotingRefusedError):
    """Polls are not closed for good while hours of voting are on or to come."""

    code = "TH-KIOS-058"


class NotOnRollError(VotingRefusedError):
    """The person is not on the roll."""

    code = "TH-KIOS-060"


class VotedHereError(VotingRefusedError):
    """The person has voted at this kiosk."""

    code = "TH-KIOS-061"


class OtherDistrictError(VotingRefusedError):
    """The ballot is that of another district than the person's."""

    code = "TH-KIOS-062"


class BallotNotTakenError(VotingRefusedError):
    """A ballot that does not hold, was opened, or is another than the slip committed to."""

    code = "TH-KIOS-063"


class OfficersNeededError(VotingRefusedError):
    """Two officers whom the election package names are needed, each with their card."""

    code = "TH-KIOS-065"


class NoSlipPrinterError(VotingRefusedError):
    """The kiosk has no printer: no ballot could be committed to."""

    code = "TH-KIOS-064"


class OtherRoleError(VotingRefusedError):
    """This is no part of what the device does in the election: a booth never learns who, a desk never what."""

    code = "TH-KIOS-066"


class SlipNotTakenError(VotingRefusedError):
    """Not a slip by a booth of this place, of this election and mode, with an admission number."""

    code = "TH-KIOS-067"


class SlipNotCastError(VotingRefusedError):
    """A slip that commits to a ballot: the booth can still open that one."""

    code = "TH-KIOS-068"


class AdmissionNotOpenError(VotingRefusedError):
    """The slip's admission number was not given to this person here, was used or replaced, or is too old."""

    code = "TH-KIOS-069"


class AdmissionMistypedError(VotingRefusedError):
    """No admission number: its check digit does not fit, so a digit is wrong or two are in the wrong order."""

    code = "TH-KIOS-080"


REFUSALS: Final[Mapping[str, str]] = MappingProxyType(
    {
        PollsClosedError.code: "polls-closed",
        PollsPausedError.code: "polls-paused",
        PollsEndedError.code: "polls-ended",
        OutsideHoursError.code: "outside-hours",
        RollLockedError.code: "polls-closed",
        PackageNotCurrentError.code: "not-current",
        NotOnRollError.code: "not-on-roll",
        VotedHereError.code: "voted-here",
        OtherDistrictError.code: "other-district",
        SlipNotTakenError.code: "slip-unknown",
        SlipNotCastError.code: "slip-not-cast",
        AdmissionNotOpenError.code: "admission",
    }
)
"""What a person is told, by code; of every other one only that voting does not work here now."""
