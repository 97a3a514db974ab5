# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The election at this kiosk, as a visit uses it: read once in standby, with what makes ballots of each style."""

from collections.abc import Mapping
from dataclasses import dataclass

from townhall_crypto.recipients import RecipientPublicKey
from townhall_kiosk.voting.messages import ElectionFiles
from townhall_kiosk.voting.polls import PollingPlace
from townhall_voting.ballot_making import BallotMaker
from townhall_voting.election import parse_election
from townhall_voting.eligibility.sentence import sentence_of
from townhall_voting.eligibility.statement import StatementFacts
from townhall_voting.errors import ElectionRefusedError
from townhall_voting.package.contests import Contest, Id
from townhall_voting.package.definition import DeviceRole, District
from townhall_voting.package.definition_check import read_definition


@dataclass(frozen=True, slots=True)
class BallotStyle:
    """What the people of some districts vote on; its questions are its contests, in their order."""

    id: Id
    contests: tuple[Contest, ...]
    maker: BallotMaker


@dataclass(frozen=True, slots=True)
class VisitElection:
    """An election that this kiosk takes part in."""

    here: PollingPlace
    districts: tuple[District, ...]  # those that are served here
    styles: Mapping[Id, BallotStyle]
    board_keys: tuple[RecipientPublicKey, ...]
    roll_version: str

    @classmethod
    def read(cls, files: ElectionFiles, kiosk: str) -> "VisitElection":
        """Read what the keeper verified.

        Raises:
            VotingError: the files contradict one another.
            MalformedError: a key of the board is none.
        """
        definition = read_definition(files.definition)
        place, device = definition.place_of(kiosk), definition.device(kiosk)
        if place is None or device is None:
            raise ElectionRefusedError("not an election of this kiosk")
        served = tuple(each for each in definition.districts if not place.districts or each.id in place.districts)
        styles = {
            style: BallotStyle(
                style, definition.contests_of(style), BallotMaker(parse_election(files.elections[style]))
            )
            for style in {district.style for district in served}
        }
        keys = tuple(map(RecipientPublicKey.from_bytes, files.board_keys))
        return cls(PollingPlace(definition, place, device), served, styles, keys, files.roll_version)

    @property
    def only_style(self) -> BallotStyle | None:
        """The style of everybody here; None where it depends on where the person lives."""
        return next(iter(self.styles.values())) if len(self.styles) == 1 else None

    @property
    def role(self) -> DeviceRole:
        """What this kiosk does in the election."""
        return self.here.device.role

    def district_name(self, district: str, language: str) -> str:
        """Return what a district is called; empty where everybody here has the same ballot."""
        named = next((each.name for each in self.districts if each.id == district), {})
        return named.get(self.language(language), "") if self.only_style is None else ""

    def style_of(self, district: str) -> BallotStyle | None:
        """Return the style of a district that is served here."""
        return next((self.styles[each.style] for each in self.districts if each.id == district), None)

    def sentence(self, facts: StatementFacts) -> str:
        """Return what the person reads and signs."""
        return sentence_of(facts, self.here.definition)

    def language(self, wanted: str) -> str:
        """Return in which language the election's own texts are shown."""
        languages = self.here.definition.languages
        return wanted if wanted in languages else languages[0]
