# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A town whose population register has an extract, and a form that asks it."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.forms.registered_home import FORM

from townhall_crypto.card_key import card_public_key
from townhall_forms.registers.extract import build_extract
from townhall_forms.registers.statement import Person, make_statement
from townhall_forms.service import Service, read_service
from townhall_smartcard.simulation.estonian_card_keys import CardKeys

DAY: Final = date(2026, 3, 3)
REGISTRAR: Final = Ed25519PrivateKey.generate()
KEY: Final = REGISTRAR.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
VALUES: Final = {"address/street": "Pikk 1", "address/town": "Tamme", "children": "2"}
TITLES: Final = {
    "en": "population register",
    "et": "rahvastikuregister",
    "fr": "registre de la population",
    "ar": "سجل السكان",
}
DESCRIPTION: Final = json.dumps(
    {
        "version": 1,
        "id": "home",
        "titles": dict.fromkeys(TITLES, "Home"),
        "summaries": dict.fromkeys(TITLES, "Where you live"),
        "recipient": "population-register",
    }
).encode()


def home_service() -> Service:
    return read_service(DESCRIPTION, FORM)


def extract_for(
    cards: Iterable[tuple[CardKeys, Person]],
    values: Mapping[str, str] = VALUES,
    day: date = DAY,
    register: str = "population",
) -> bytes:
    return build_extract(
        register,
        day,
        (
            (
                card_public_key(keys.authentication.certificate),
                make_statement(register, day, person, values, REGISTRAR.sign),
            )
            for keys, person in cards
        ),
    )


def write_register(content: Path, extract: bytes, day: date = DAY) -> None:
    """Put the service and the register among what a town publishes."""
    service, folder = content / "services" / "home", content / "registers" / "population"
    for each in (service, folder):
        each.mkdir(parents=True)
    (service / "service.json").write_bytes(DESCRIPTION)
    (service / "form.xml").write_bytes(FORM)
    (folder / "register.json").write_text(json.dumps({"version": 1, "titles": TITLES}))
    (folder / "registrar.key").write_bytes(KEY)
    (folder / f"{day}.extract").write_bytes(extract)
    places = content / "places" / "places.json"
    wanted = json.loads(places.read_bytes())
    wanted["groups"]["pilot"]["services"].append("home")
    places.write_text(json.dumps(wanted))
