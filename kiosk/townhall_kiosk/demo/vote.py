# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``townhall demo vote``: officers open the polls, people vote, one checks a ballot first, polls close, votes count.

All real but the cards: keeper, visits, card processes, PC/SC, window, paper as files. ``demo-output/vote/`` then holds
screens, slips, receipts, reports of the polls, and the record with its verification.
"""

import shutil
from functools import partial
from pathlib import Path

from townhall_kiosk.demo.count import count_votes
from townhall_kiosk.demo.demo import AGENCY, OUTPUT
from townhall_kiosk.demo.diary import Album, Diary
from townhall_kiosk.demo.person import Hands
from townhall_kiosk.demo.voter import VoterSteps, officers_do
from townhall_kiosk.demo.voting_world import VotingWorld, voter
from townhall_kiosk.texts import Texts
from townhall_smartcard.simulation.estonian_card_person import KADRI

FOLDER = OUTPUT / "vote"
BLANK = "blank"
PAPERS = ("check-or-cast", "take-card", "polls-open-done", "polls-close-done")
"""When something new lies in the printer's tray: slip, receipt, report."""
BALLOTS = (
    (("102\u2002Jaan Kask",), ("201\u2002Mart Lepp", "202\u2002Eha Pihlak")),
    (("101\u2002Liis Tamm",), ("203\u2002Olev Vaher",)),
    ((BLANK,), ()),
)


def run_vote_demo(language: str = "en") -> int:
    """Play the demo; return the exit status."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    album, diary, text = Album(FOLDER / "screens"), Diary(), Texts(language)
    voters = (KADRI, voter(1), voter(2))
    with VotingWorld(agency=AGENCY, voters=voters) as world:
        diary.note("A card issuer, two readers, a centre, and a kiosk with an election that two officers signed.")
        world.centre.stop()
        world.start_kiosk()

        def watch(name: str) -> None:
            album.add(name, world.person.picture())
            if name in PAPERS:
                _keep_paper(world, name)

        world.person.wait_for("AttractScreen")
        officers_do(world, text, "polls-open", watch)
        diary.note("Two officers opened the polls with their cards; the zero report is printed.")
        for number, (person, marks) in enumerate(zip(voters, BALLOTS, strict=True)):
            world.person.hands = Hands.KEYBOARD if number == 1 else Hands.TOUCH
            steps = VoterSteps(
                world.person,
                text,
                tuple(tuple(text("ballot.blank") if name == BLANK else name for name in each) for each in marks),
                insert_card=partial(world.readers[0].insert, world.card_of(person)),
                remove_card=world.readers[0].remove_slowly,
                watch=watch,
                is_checking=number == 0,
            )
            for _step in steps.steps():
                pass
            diary.note(f"Voter {number + 1} has voted{' after checking a ballot' if number == 0 else ''}.")
        world.person.hands = Hands.TOUCH
        officers_do(world, text, "polls-close", watch)
        diary.note("Two officers closed the polls for good; the report is printed.")
        _keep(world, FOLDER)
        count_votes(world, diary, FOLDER)
    diary.save(FOLDER / "summary.txt")
    return 0


def _keep_paper(world: VotingWorld, name: str) -> None:
    """Take the sheet out of the tray."""
    folder = FOLDER / "paper"
    folder.mkdir(exist_ok=True)
    kinds = {"check-or-cast": "slip", "take-card": "receipt"}
    number = len(list(folder.iterdir())) + 1
    shutil.copy(world.paper / "receipt.pdf", folder / f"{number:02d}-{kinds.get(name, name.removesuffix('-done'))}.pdf")


def _keep(world: VotingWorld, folder: Path) -> None:
    """Keep what the printer gave, the package, and the kiosk's certificate."""
    shutil.copytree(next((world.directory / "content" / "elections").iterdir()), folder / "package")
    shutil.copy(world.home / "enrolment" / "device.der", folder / "kiosk.der")
    (folder / "election.json").write_text(world.facts())
