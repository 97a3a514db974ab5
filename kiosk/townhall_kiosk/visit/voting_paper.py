# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a vote leaves on paper: the slip that commits to a ballot, and the receipt. No name, no choice, no hour."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from townhall_crypto import canonical
from townhall_forms.document import Direction, Line, ReceiptModel, render_receipt
from townhall_forms.errors import FormError
from townhall_kiosk.ports import Clock
from townhall_kiosk.visit.qr import qr_svg
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_kiosk.voting.messages import NumberGiven
from townhall_kiosk.voting.polls import LASTS_HOURS
from townhall_voting.eligibility.admission import admission_groups
from townhall_voting.eligibility.receipt import VotingReceiptFacts, read_voting_receipt
from townhall_voting.eligibility.slip import SlipFacts, read_slip
from townhall_voting.mode import Mode

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class VotingPaper:
    """Sets papers in the person's language; None where one cannot be set."""

    around: Surroundings
    clock: Clock
    fonts: Path

    async def slip(self, text: str) -> bytes | None:
        """Return the slip with this QR."""
        return await self._set(slip_model(text, read_slip(text), self.around, self.clock.now().date()))

    async def admission(self, given: NumberGiven) -> bytes | None:
        """Return the ticket with an admission number."""
        return await self._set(admission_model(given, self.around, self.clock.now().date()))

    async def receipt(self, text: str) -> bytes | None:
        """Return the receipt with this QR."""
        return await self._set(receipt_model(text, read_voting_receipt(text), self.around))

    async def _set(self, model: ReceiptModel) -> bytes | None:
        try:
            return await asyncio.to_thread(render_receipt, model, self.fonts)
        except FormError as exc:
            _log.error("%s: a paper of a vote cannot be set", exc.code)
            return None


def slip_model(text: str, facts: SlipFacts, around: Surroundings, day: date) -> ReceiptModel:
    """Return the slip: what it commits to, and that it is no vote."""
    say = around.text
    kind = facts.type
    lines = [Line(say("voting.paper.election"), election_title(around))]
    if facts.admission:
        lines.append(Line(say("voting.paper.admission"), number_shown(facts.admission)))
    return _model(
        around,
        title=say(f"voting.slip.{kind}.title"),
        words=Line(say("voting.paper.words"), facts.words),
        facts=(*lines, Line(say("voting.paper.device"), facts.booth)),
        proofs=(Line(say("voting.paper.ballot"), facts.ballot),),
        note=say(f"voting.slip.{kind}.note"),
        text=text,
        day=day,
        content=facts.to_bytes(),
        mode=facts.mode,
    )


def admission_model(given: NumberGiven, around: Surroundings, day: date) -> ReceiptModel:
    """Return the ticket: a number for the booth, and nothing of whose it is; the booth's scanner types its code."""
    say, election = around.text, around.election
    facts = [Line(say("voting.paper.election"), election_title(around))]
    if election is not None and (district := election.district_name(given.district, around.language)):
        facts.append(Line(say("voting.given.district"), district))
    return _model(
        around,
        title=say("voting.given.title"),
        words=Line(say("voting.paper.admission"), number_shown(given.admission)),
        facts=tuple(facts),
        proofs=(),
        note=say("voting.given.what", hours=LASTS_HOURS),
        text=given.admission,
        day=day,
        content=canonical.encode({"admission": given.admission}),
        mode=Mode.OFFICIAL if election is None else election.here.definition.mode,
    )


def number_shown(admission: str) -> str:
    """Return an admission number as it is read: in groups."""
    return " ".join(admission_groups(admission))


def number_heard(admission: str) -> str:
    """Return an admission number as it is said: digit by digit, with a pause after each group."""
    return ", ".join(map(" ".join, admission_groups(admission)))


def receipt_model(text: str, facts: VotingReceiptFacts, around: Surroundings) -> ReceiptModel:
    """Return the receipt: which ballot this place took, on which day."""
    say, day = around.text, date.fromisoformat(facts.date)
    proofs = [Line(say("voting.paper.ballot"), facts.ballot)]
    if facts.tracker:
        proofs.append(Line(say("voting.paper.tracker"), facts.tracker))
    proofs.append(Line(say("voting.paper.journal"), facts.journal))
    if facts.board:
        board = say("voting.paper.board", entries=facts.board_size, words=facts.board_words)
        proofs.append(Line(board, facts.board))
    return _model(
        around,
        title=say("voting.receipt.title"),
        words=Line(say("voting.paper.words"), facts.words),
        facts=(
            Line(say("voting.paper.election"), election_title(around)),
            Line(say("voting.paper.uuid"), facts.uuid),
            Line(say("voting.paper.place"), place_name(around)),
            Line(say("voting.paper.date"), say.date(day)),
            Line(say("voting.paper.device"), facts.device),
        ),
        proofs=tuple(proofs),
        note=say("voting.receipt.note"),
        text=text,
        day=day,
        content=facts.to_bytes(),
        mode=facts.mode,
    )


def election_title(around: Surroundings) -> str:
    """Return what the election is called, in the person's language where it has that."""
    election = around.election
    if election is None:
        return ""
    return election.here.definition.title[election.language(around.language)]


def place_name(around: Surroundings) -> str:
    """Return what the polling place is called."""
    election = around.election
    return around.place if election is None else election.here.place.name[election.language(around.language)]


def _model(  # noqa: PLR0913  # keyword-only; what differs between the papers
    around: Surroundings,
    *,
    title: str,
    words: Line,
    facts: tuple[Line, ...],
    proofs: tuple[Line, ...],
    note: str,
    text: str,
    day: date,
    content: bytes,
    mode: Mode,
) -> ReceiptModel:
    say = around.text
    return ReceiptModel(
        title=f"{say('voting.test-mark')} {title}" if mode is Mode.TEST else title,
        language=around.language,
        direction=Direction.RIGHT_TO_LEFT if say.is_right_to_left else Direction.LEFT_TO_RIGHT,
        issuer=place_name(around),
        number=words,
        facts=facts,
        proofs=proofs,
        note=note,
        qr_svg=qr_svg(text),
        qr_description=say("voting.paper.qr"),
        created=datetime.combine(day, time(), around.now().tzinfo),  # an hour would tell whose it is
        content=content,
        content_description=say("voting.paper.attachment"),
    )
