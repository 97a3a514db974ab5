# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A person all of whose data can be searched for: no byte of it stands anywhere by chance."""

import base64
from collections.abc import Iterator
from datetime import date

from townhall_smartcard.simulation.estonian_card_person import Person, Sex, personal_code

HOLDER = Person(
    "QUÕKSALVERSTEIN",
    "XANTHIPPÜ",
    personal_code(date(1971, 7, 23), Sex.FEMALE, 997),
    Sex.FEMALE,
    date(1971, 7, 23),
    "TT0000997",
)
PIN1, PIN2 = "80317426", "951746380"
CAN = "940587"
"""The number on the card; six digits stand in longer numbers by chance, so it counts where it stands alone."""
ANSWERS = {
    "street": "Zwiebelfischgasse",
    "house": "Quittenhof 7x",
    "postcode": "90817",
    "town": "Vexillopolis",
    "previous_place": "country",
    "previous_address": "Jackdaw lane 4711, Sphinxberg",
    "movers": "partner children",
    "people": "3",
    "people_names": "Wenzeslaus, Kunigunde",
    "tenure": "renting",
    "owner_name": "Obergurgl Immobilien",
    "owner_consent": "yes",
    "phone": "+37298765432",
    "email": "canary@vogelhaus.example",
    "declaration": "yes",
}
# Short ones and choices would be found by chance, or stand in the form for everybody.
CANARIES = (
    *(HOLDER.surname, HOLDER.given_names, HOLDER.personal_code, HOLDER.document_number, PIN1, PIN2),
    *(ANSWERS[name] for name in ("street", "house", "town", "previous_address", "people_names", "owner_name")),
    *(ANSWERS[name] for name in ("phone", "email")),
    *("Wenzeslaus", "Kunigunde", "Sphinxberg", "vogelhaus"),
)


def spellings(canary: str) -> Iterator[bytes]:
    """Yield a text as it may lie on a disk or in a log: encodings, hexadecimal, base64 at its three alignments."""
    for text in {canary, canary.lower(), canary.upper(), canary.title()}:
        for encoded in (text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be")):
            yield encoded
            yield from encodings(encoded)


def encodings(raw: bytes) -> Iterator[bytes]:
    """Yield bytes as text has them: hexadecimal, and base64 at its three alignments."""
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for shift in range(3):
        aligned = base64.b64encode(b"\0" * shift + raw)
        # The first and last characters mix with the neighbours' bits.
        inner = aligned[(0, 2, 3)[shift] : (len(raw) + shift) * 8 // 6]
        yield inner
        yield inner.replace(b"+", b"-").replace(b"/", b"_")


def found_in(content: bytes) -> set[str]:
    content = b"\0" + content.strip(b"\0") + b"\0"  # the reserve for a full disk is all zeros
    return {canary for canary in CANARIES for spelling in spellings(canary) if spelling in content}
