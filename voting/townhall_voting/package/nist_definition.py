# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads the contests of an election from a NIST Ballot Definition; what cannot be held is refused by its name."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from townhall_voting.errors import DefinitionRefusedError
from townhall_voting.package import nist_wire as wire
from townhall_voting.package.contests import Candidate, Contest, Presentation, Texts
from townhall_voting.package.definition import MAX_BYTES, BallotStyle, District

_OURS: Final = "townhall:"
_VARIATIONS: Final = {"plurality", "n-of-m", "approval", "majority", "super-majority"}
"""Those in which a person chooses some of the candidates; the others need ranks, weights or points."""
_AT: Final = re.compile(r" - at `\$?\.?([^`]*)`$")


@dataclass(frozen=True, slots=True)
class ReadElection:
    """What a Ballot Definition says of an election; the rest (places, hours, rules, devices) is the author's."""

    title: Texts
    is_test: bool
    contests: tuple[Contest, ...]
    styles: tuple[BallotStyle, ...]
    districts: tuple[District, ...]


def read_ballot_definition(name: str, content: bytes) -> ReadElection:
    """Return the election in a Ballot Definition file called ``name``.

    Raises:
        DefinitionRefusedError: no such file, or something in it that cannot be held; with file, place and reason.
    """
    if len(content) > MAX_BYTES:
        raise DefinitionRefusedError("", f"longer than {MAX_BYTES} bytes", name)
    try:
        return _Reading(msgspec.json.decode(content, type=wire.BallotDefinition)).election()
    except msgspec.ValidationError as error:
        found = _AT.search(str(error))
        raise DefinitionRefusedError(found[1] if found else "", _AT.sub("", str(error)), name) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise DefinitionRefusedError("", "no JSON in UTF-8", name) from None
    except DefinitionRefusedError as error:
        raise DefinitionRefusedError(error.place, error.reason, name) from None


@dataclass(slots=True)
class _Reading:
    document: wire.BallotDefinition
    parties: dict[str, wire.Party] = field(default_factory=dict)
    candidates: dict[str, wire.Candidate] = field(default_factory=dict)

    def election(self) -> ReadElection:
        election = self.document.election[0]
        if self.document.version != "1.0.0":
            raise DefinitionRefusedError("Version", "another version than 1.0.0")
        self.parties = {party.id: party for party in self.document.party}
        self.candidates = {candidate.id: candidate for candidate in election.candidate}
        contests = tuple(self._contest(f"Contest {each.id}", each) for each in election.contest)
        ids = {each.id: contest.id for each, contest in zip(election.contest, contests, strict=True)}
        styles = tuple(self._style(number, style, ids) for number, style in enumerate(election.ballot_style))
        self._check_orders(election)
        return ReadElection(
            _texts(election.name),
            self.document.is_test,
            contests,
            styles,
            self._districts(election.ballot_style, styles),
        )

    def _contest(self, place: str, contest: wire.CandidateContest | wire.BallotMeasureContest) -> Contest:
        if contest.vote_variation not in _VARIATIONS:
            raise DefinitionRefusedError(place, f"VoteVariation {contest.vote_variation} cannot be held")
        ours = _ours(contest.external_identifier)
        is_measure = isinstance(contest, wire.BallotMeasureContest)
        rotated = Presentation.ROTATED if contest.has_rotation else Presentation.STRAIGHT
        try:
            minimum, presentation = int(ours.get("minimum", "0")), Presentation(ours.get("presentation", rotated.value))
        except ValueError:
            raise DefinitionRefusedError(place, "an identifier of ours with another value") from None
        title = _texts(contest.ballot_title) if contest.ballot_title else {}
        return Contest(
            ours.get("id") or _id(contest.id),
            title or dict.fromkeys(_texts(self.document.election[0].name), contest.name),
            tuple(self._choice(place, option) for option in contest.contest_option),
            minimum,
            1 if isinstance(contest, wire.BallotMeasureContest) else contest.votes_allowed,
            blank=ours.get("blank") == "allowed",
            instruction=_texts(contest.ballot_sub_title) if contest.ballot_sub_title else {},
            seats=1 if is_measure or isinstance(contest, wire.BallotMeasureContest) else contest.number_elected,
            presentation=presentation,
        )

    def _choice(self, place: str, option: wire.CandidateOption | wire.BallotMeasureOption) -> Candidate:
        if isinstance(option, wire.BallotMeasureOption):
            return Candidate(_id(option.id), _texts(option.selection))
        if option.is_write_in:
            raise DefinitionRefusedError(place, f"IsWriteIn of {option.id}: names that people write cannot be held")
        candidate = self.candidates.get(option.candidate_ids[0])
        if candidate is None:
            raise DefinitionRefusedError(place, f"there is no Candidate {option.candidate_ids[0]}")
        if candidate.party_id and candidate.party_id not in self.parties:
            raise DefinitionRefusedError(f"Candidate {candidate.id}", f"there is no Party {candidate.party_id}")
        second = candidate.campaign_slogan or (self.parties[candidate.party_id].name if candidate.party_id else None)
        ours = _ours(candidate.external_identifier)
        return Candidate(
            ours.get("id") or _id(option.id),
            _texts(candidate.ballot_name),
            _texts(second) if second else {},
            ours.get("number", ""),
        )

    def _style(self, number: int, style: wire.BallotStyle, ids: dict[str, str]) -> BallotStyle:
        place = f"BallotStyle[{number}]"
        for ordered in style.ordered_content:
            if ordered.contest_id not in ids:
                raise DefinitionRefusedError(place, f"there is no Contest {ordered.contest_id}")
        contests = tuple(ids[ordered.contest_id] for ordered in style.ordered_content)
        return BallotStyle(_ours(style.external_identifier).get("id") or f"style-{number + 1}", contests)

    def _check_orders(self, election: wire.Election) -> None:
        """A contest has one order of its options; a ballot style may repeat it and not change it."""
        listed = {contest.id: [option.id for option in contest.contest_option] for contest in election.contest}
        for number, style in enumerate(election.ballot_style):
            for ordered in style.ordered_content:
                wanted = list(ordered.ordered_contest_option_ids)
                if wanted and wanted != listed[ordered.contest_id]:
                    reason = f"OrderedContestOptionIds of {ordered.contest_id} differ from the contest's own order"
                    raise DefinitionRefusedError(f"BallotStyle[{number}]", reason)

    def _districts(self, wires: Sequence[wire.BallotStyle], styles: Sequence[BallotStyle]) -> tuple[District, ...]:
        units = {unit.id: unit for unit in self.document.gp_unit}
        districts: dict[str, District] = {}
        for number, (each, style) in enumerate(zip(wires, styles, strict=True)):
            for unit_id in each.gp_unit_ids:
                unit = units.get(unit_id)
                if unit is None or unit_id in districts:
                    reason = "there is no such GpUnit" if unit is None else "a GpUnit of two ballot styles"
                    raise DefinitionRefusedError(f"BallotStyle[{number}]", f"{reason}: {unit_id}")
                districts[unit_id] = self._district(unit, style)
        return tuple(districts.values())

    def _district(self, unit: wire.ReportingUnit, style: BallotStyle) -> District:
        languages = _texts(self.document.election[0].name)
        name = _texts(unit.name) if unit.name else dict.fromkeys(languages, unit.id)
        return District(_ours(unit.external_identifier).get("id") or _id(unit.id), name, style.id)


def _texts(text: wire.InternationalizedText) -> Texts:
    return {each.language: each.content for each in text.text}


def _ours(identifiers: Iterable[wire.ExternalIdentifier]) -> dict[str, str]:
    """Return the facts of ours among identifiers."""
    return {
        each.other_type.removeprefix(_OURS): each.value for each in identifiers if each.other_type.startswith(_OURS)
    }


def _id(name: str) -> str:
    """Return a name of this format as one of ours: small letters, digits, hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60]
