# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong in a trustee's work, by who can mend it.

::

    KioskError
    └── TrusteeError            the trustee cannot go on; nothing was shown or decrypted
        ├── ExchangeError          all: a file of the folder that goes round is unreadable, or another one
        ├── TrusteeHomeError       this trustee: the own folder holds no key, one already, or a damaged file
        ├── RecordUnfitError       officers: the record does not verify, is not closed, or is of another election
        ├── TallyTooSmallError     officers: too few ballots; the district is merged with another
        ├── SecondTallyError       nobody: this trustee has decrypted another tally of this election
        ├── ShufflesMissingError   all: trustees shuffle ranked ballots before anybody decrypts them
        ├── ShuffleRefusedError    this trustee: the record takes no shuffle
        ├── SecondShuffleError     nobody: this trustee's own shuffle is another one than the record has or asks for
        └── ForeignShuffleError    all: a trustee in whose name the record has a shuffle has not signed it
"""

from townhall_kiosk.errors import KioskError


class TrusteeError(KioskError):
    """A trustee cannot go on; nothing was shown or decrypted."""

    code = "TH-KIOS-070"


class ExchangeError(TrusteeError):
    """A file of the folder that goes round is missing or unreadable, or another one lies in its place."""

    code = "TH-KIOS-071"


class TrusteeHomeError(TrusteeError):
    """The trustee's own folder holds no key, holds one already, or a file in it cannot be read or written."""

    code = "TH-KIOS-072"


class RecordUnfitError(TrusteeError):
    """A record must not be decrypted: it does not verify, is not at its tally, or is of another election."""

    code = "TH-KIOS-073"


class TallyTooSmallError(TrusteeError):
    """A tally has fewer ballots than the election's rules let anybody decrypt by themselves."""

    code = "TH-KIOS-074"

    def __init__(self, ballots: int, minimum: int) -> None:
        super().__init__(f"{ballots} ballots, at least {minimum} are decrypted together")
        self.ballots = ballots
        self.minimum = minimum


class SecondTallyError(TrusteeError):
    """This trustee has begun to decrypt another tally of this election: the difference would show single votes."""

    code = "TH-KIOS-075"


class ShufflesMissingError(TrusteeError):
    """Ranked ballots were shuffled by fewer trustees than decrypt: those few could tell whose ranking is whose."""

    code = "TH-KIOS-076"


class ShuffleRefusedError(TrusteeError):
    """A record takes no shuffle: none of its questions is ranked, or its shuffling is over."""

    code = "TH-KIOS-077"


class SecondShuffleError(TrusteeError):
    """A trustee's one shuffle of an election is of other ballots, or the record has another one in their name."""

    code = "TH-KIOS-078"


class ForeignShuffleError(TrusteeError):
    """A shuffle in the name of a trustee who has not signed it: whoever made it may know whose ranking is whose."""

    code = "TH-KIOS-079"

    def __init__(self, owner: int) -> None:
        super().__init__(f"trustee {owner}")
        self.owner = owner
