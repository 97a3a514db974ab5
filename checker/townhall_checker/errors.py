# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Why a ballot, or what it is checked with, is refused.

::

    CheckerError
    ├── ElectionUnreadableError, GroupUnknownError      get the election's own file
    ├── CodeUnreadableError, SlipUnreadableError        scan or type it again
    ├── OtherElectionError                              get the file of the ballot's election
    ├── VotingKeyError, ChoicesError                    the booth broke the rules
    ├── BallotDiffersError, SlipDiffersError            the booth showed or printed another ballot
    ├── CastSlipError                                   the booth opened a ballot that it must keep closed
    └── FileUnreadableError                             name another file
"""


class CheckerError(Exception):
    """Anything that this checker refuses; the page of the same folder gives the same codes."""

    code = "TH-CHEK-000"


class ElectionUnreadableError(CheckerError):
    """The file is no ``election.json`` that this checker can read."""

    code = "TH-CHEK-010"


class GroupUnknownError(CheckerError):
    """The election's group is unknown, or cannot hold its questions."""

    code = "TH-CHEK-011"


class CodeUnreadableError(CheckerError):
    """The text is not, or not wholly, the code that a booth shows."""

    code = "TH-CHEK-020"


class OtherElectionError(CheckerError):
    """The code is of another election than the file."""

    code = "TH-CHEK-021"


class VotingKeyError(CheckerError):
    """The voting key in the code is no element of the group."""

    code = "TH-CHEK-022"


class ChoicesError(CheckerError):
    """The choices in the code are none that their question allows."""

    code = "TH-CHEK-023"


class SlipUnreadableError(CheckerError):
    """What was typed or scanned stands on no slip."""

    code = "TH-CHEK-030"


class BallotDiffersError(CheckerError):
    """The ballot that follows from seed and choices is not the one whose h the booth showed."""

    code = "TH-CHEK-031"


class SlipDiffersError(CheckerError):
    """The slip is of another ballot."""

    code = "TH-CHEK-032"


class CastSlipError(CheckerError):
    """The slip says that the ballot was cast: a booth opens no such ballot."""

    code = "TH-CHEK-033"


class FileUnreadableError(CheckerError):
    """A file given to the command cannot be read or written."""

    code = "TH-CHEK-040"
