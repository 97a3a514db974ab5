# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The half of a polling station that knows people: who is on the roll, who has a number, who has voted here.

A desk has this half alone: of a ballot it gets the hash, from the slip by which a booth says that nobody can open it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from townhall_crypto.errors import CertificateRefusedError, CryptoError
from townhall_crypto.sealed import read_inner_header
from townhall_crypto.trust import Usage, validate_certificate
from townhall_kiosk.voting import messages
from townhall_kiosk.voting.errors import (
    AdmissionNotOpenError,
    BallotNotTakenError,
    NotOnRollError,
    OtherDistrictError,
    SlipNotCastError,
    SlipNotTakenError,
    VotedHereError,
)
from townhall_kiosk.voting.polls import SLOT_S, SLOTS
from townhall_kiosk.voting.sets_on_disk import Part, Sets
from townhall_kiosk.voting.station_hold import OpenRoll, Stage, StationHold
from townhall_voting.eligibility.admission import draw_admission
from townhall_voting.eligibility.batches import STATEMENT_KIND
from townhall_voting.eligibility.slip import SlipFacts, read_slip, verify_slip
from townhall_voting.errors import SlipRefusedError
from townhall_voting.package.contests import Id
from townhall_voting.package.definition import DeviceRole
from townhall_voting.package.roll import Voter


@dataclass(frozen=True, slots=True)
class VoterHalf:
    """People at one polling station."""

    hold: StationHold

    async def give_number(self, untrusted_certificate: bytes) -> messages.NumberGiven:
        """Give a person who may vote here a fresh admission number; one that they had before is void.

        What is stored names neither the person nor the number, and nothing without the roll key.
        """
        self.hold.check_begin()
        roll, sets = self.hold.open_roll(), self.hold.sets.read()
        voter, district, _mark = self._known(untrusted_certificate, roll, sets)
        here = self.hold.setting.here
        served = here.place.districts or tuple(each.id for each in here.definition.districts)
        if here.definition.style_of(district) not in map(here.definition.style_of, served):
            raise OtherDistrictError("no booth here has that ballot")
        number = draw_admission(self.hold.setting.draw_below)
        holder = roll.holder_of(voter)
        others = frozenset(each for each in sets[Part.ADMITTED] if not each.startswith(holder))
        await self.hold.store({Part.ADMITTED: others | {holder + roll.admission_of(voter, number, self._slot())}})
        return messages.NumberGiven(number, district)

    def take_slip(self, visit: str, text: str) -> None:
        """Take the hash that a booth's slip says is cast; the visit's one before, if any, is nobody's.

        Raises:
            SlipNotCastError: it commits to a ballot that can still be opened.
            SlipNotTakenError: not by a booth of this place, or of another election or mode.
        """
        self.hold.check_cast()
        self.hold.visits.pop(visit, None)
        facts = self._verified(text)
        self.hold.visits[visit] = Stage(facts.election, facts.ballot, facts.admission, is_casting=True)

    def _verified(self, untrusted: str) -> SlipFacts:
        here = self.hold.setting.here
        try:
            claimed = read_slip(untrusted)
            booth = here.definition.device(claimed.booth)
            if booth is None or booth.role is not DeviceRole.BOOTH or booth not in here.place.devices:
                raise SlipNotTakenError("not a booth of this place")
            facts = verify_slip(untrusted, claimed.type, booth.key)
        except SlipRefusedError as exc:
            raise SlipNotTakenError("no slip by that booth") from exc
        is_ours = facts.mode is here.definition.mode and facts.election in self.hold.setting.checkers
        if not is_ours or not facts.admission:
            raise SlipNotTakenError("of another election, or without a number")
        if facts.type != "cast":
            raise SlipNotCastError("the booth's first slip")
        return facts

    def admit(self, stage: Stage, untrusted_certificate: bytes) -> messages.VoterAdmitted:
        """Tell whether this person may cast the ballot; whether they may or not, it can be opened no more."""
        self.hold.check_cast()
        roll, sets = self.hold.open_roll(), self.hold.sets.read()
        if not stage.ballot:
            raise BallotNotTakenError("it was opened")
        if not stage.is_casting:
            self.hold.spend(stage)
        stage.is_casting, stage.mark, stage.admitted = True, b"", b""
        voter, district, mark = self._known(untrusted_certificate, roll, sets)
        style, _checker = self.hold.setting.checkers[stage.election]
        if self.hold.setting.here.definition.style_of(district) != style:
            raise OtherDistrictError("another district")
        if self.hold.setting.role is DeviceRole.DESK:
            stage.admitted = self._open_number(stage.admission, voter, roll, sets)
        stage.mark = mark
        return messages.VoterAdmitted(self.hold.record.statements + 1, int(self.hold.setting.clock.now().timestamp()))

    def _known(self, untrusted_certificate: bytes, roll: OpenRoll, sets: Sets) -> tuple[Voter, Id, bytes]:
        """Return who it is, where they live, and their mark, if they are on the roll and have not voted here."""
        setting = self.hold.setting
        now = setting.clock.now()
        try:
            certificate = validate_certificate(untrusted_certificate, setting.anchors(), now, Usage.SIGNATURE)
        except CertificateRefusedError as exc:
            raise NotOnRollError("a certificate that is not good") from exc
        voter = Voter(certificate.subject.country, certificate.subject.personal_code)
        district = roll.district_of(voter)
        if district is None:
            raise NotOnRollError("not on the roll")
        mark = roll.mark_of(voter)
        if mark in sets[Part.MARKS]:
            raise VotedHereError("voted here")
        return voter, district, mark

    def _open_number(self, number: str, voter: Voter, roll: OpenRoll, sets: Sets) -> bytes:
        """Return the member that stands for this person's number, if it is open and not too old."""
        now, holder = self._slot(), roll.holder_of(voter)
        for slot in range(now, now - SLOTS - 1, -1):
            member = holder + roll.admission_of(voter, number, slot)
            if member in sets[Part.ADMITTED]:
                return member
        raise AdmissionNotOpenError("not this person's, used, replaced, or too old")

    def _slot(self) -> int:
        return self.hold.setting.clock.wall() // SLOT_S

    def cast(self, stage: Stage, statement: bytes, sets: Sets) -> Mapping[Part, frozenset[bytes]]:
        """Return the change by which a statement counts, for whoever was admitted to this ballot.

        Raises:
            VotedHereError: nobody was, or they have voted meanwhile.
            BallotNotTakenError: no sealed statement.
        """
        if not stage.mark or stage.mark in sets[Part.MARKS]:
            raise VotedHereError("nobody may cast this ballot")
        try:
            kind = read_inner_header(statement).kind
        except CryptoError as exc:
            raise BallotNotTakenError("no sealed statement") from exc
        if kind != STATEMENT_KIND:
            raise BallotNotTakenError("another kind of payload")
        return {
            Part.ELIGIBILITY: sets[Part.ELIGIBILITY] | {statement},
            Part.MARKS: sets[Part.MARKS] | {stage.mark},
        }

    async def cast_at_desk(self, stage: Stage, statement: bytes) -> str:
        """Make the statement and the person's mark durable, use the number up, and sign the receipt."""
        self.hold.check_cast()
        sets, record = self.hold.sets.read(), self.hold.record
        changes = self.cast(stage, statement, sets)
        if stage.admitted not in sets[Part.ADMITTED]:
            raise AdmissionNotOpenError("used or replaced meanwhile")
        record = msgspec.structs.replace(record, statements=record.statements + 1)
        admitted = sets[Part.ADMITTED] - {stage.admitted}
        await self.hold.store({**changes, Part.ADMITTED: admitted, Part.POLLS: frozenset({record.to_bytes()})})
        await self.hold.setting.note_counts(record)
        return await self.hold.receipt(stage, None)
