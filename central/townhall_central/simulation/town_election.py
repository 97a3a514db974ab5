# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a simulated town votes on, where and when, and the election package that its officers sign."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from townhall_crypto.secret import Secret
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import Person, Sex, personal_code
from townhall_voting.mode import Mode
from townhall_voting.package.contests import Candidate, Contest
from townhall_voting.package.definition import (
    BallotStyle,
    Definition,
    Device,
    DeviceRole,
    District,
    Duplicates,
    Hours,
    Place,
    Rules,
)
from townhall_voting.package.officers import OfficerSignature, Signatures, signing_digest
from townhall_voting.package.package import MANIFEST, SIGNATURES, build_package
from townhall_voting.package.roll import RollKeys, Voter, build_roll
from townhall_voting.package.roll_key import wrap_roll_key
from townhall_voting.schnorr_group import BELENIOS_2048
from townhall_voting.trustees.trustee_list import Trustees

STYLE: Final = "town"
DISTRICT: Final = "centre"
_LANGUAGES: Final = ("en", "et")


@dataclass(frozen=True, slots=True)
class TownPlan:
    """How large a town is, and when it votes (Unix seconds: polls are open an hour before and after).

    ``devices`` are kiosks that do both; ``pairs`` are booths with a desk each.
    """

    now: int
    devices: int = 2
    pairs: int = 0
    voters: int = 6
    minimum_tally: int = 2
    trustees: int = 3
    threshold: int = 2

    @property
    def places(self) -> list[list[tuple[str, DeviceRole]]]:
        """Every polling place, as the names and roles of its devices."""
        singles = [[(f"kiosk-{number}", DeviceRole.SINGLE)] for number in range(1, self.devices + 1)]
        pairs = [
            [(f"booth-{number}", DeviceRole.BOOTH), (f"desk-{number}", DeviceRole.DESK)]
            for number in range(1, self.pairs + 1)
        ]
        return [*singles, *pairs]


def people(count: int, seed: int = 0) -> list[Person]:
    """Return that many people with valid personal codes, the same for one seed."""
    chance = random.Random(seed)  # noqa: S311 - names in a simulation
    births = [date(1950, 1, 1) + timedelta(days=chance.randrange(18000)) for _ in range(count)]
    return [
        Person(
            f"Voter{number}",
            "Test",
            personal_code(birth, Sex.FEMALE if number % 2 else Sex.MALE, number % 1000),
            Sex.FEMALE if number % 2 else Sex.MALE,
            birth,
            f"AS{number:07d}",
        )
        for number, birth in enumerate(births)
    ]


def _texts(text: str) -> dict[str, str]:
    return dict.fromkeys(_LANGUAGES, text)


def _candidates(*names: str) -> tuple[Candidate, ...]:
    return tuple(Candidate(name.lower(), _texts(name)) for name in names)


def define(plan: TownPlan, keys: Mapping[str, bytes]) -> Definition:
    """Return the election's definition; ``keys`` are the public keys (DER) of all devices by name."""
    moment = datetime.fromtimestamp(plan.now, UTC)
    hours = (Hours(moment - timedelta(hours=2), moment + timedelta(hours=2)),)
    places = tuple(
        Place(
            f"place-{number}",
            _texts(f"Place {number}"),
            tuple(Device(name, role, keys[name]) for name, role in devices),
        )
        for number, devices in enumerate(plan.places, 1)
    )
    return Definition(
        version=1,
        id="simulated",
        mode=Mode.TEST,
        languages=_LANGUAGES,
        title=_texts("Simulated election"),
        group=BELENIOS_2048.name,
        not_before=moment - timedelta(days=1),
        expires=moment + timedelta(days=1),
        rules=Rules(Duplicates.EARLIEST, plan.minimum_tally, hours),
        contests=(
            Contest("mayor", _texts("Mayor"), _candidates("Ada", "Bo", "Cleo"), 1, 1, blank=True),
            Contest("council", _texts("Council"), _candidates("Dan", "Eve", "Fay", "Gus", "Hal"), 0, 3, blank=False),
        ),
        styles=(BallotStyle(STYLE, ("mayor", "council")),),
        districts=(District(DISTRICT, _texts("Centre"), STYLE),),
        places=places,
    )


def sign_package(
    definition: Definition, trustees: Trustees, roll_key: Secret, officers: Sequence[CardKeys], roll: Sequence[Person]
) -> dict[str, bytes]:
    """Return the files of the package, signed by these officers."""
    voters = [(Voter("EE", person.personal_code), DISTRICT) for person in roll]
    files = build_package(
        definition,
        trustees.data,
        build_roll(voters, definition, RollKeys.derive(roll_key, definition)),
        wrap_roll_key(roll_key, [each.authentication.certificate for each in officers], definition),
    )
    digest = signing_digest(files[MANIFEST])
    signatures = tuple(
        OfficerSignature(
            each.authentication.certificate, each.signature.certificate, each.signature.sign_digest(digest)
        )
        for each in officers
    )
    return {**files, SIGNATURES: Signatures(1, signatures).to_bytes()}
