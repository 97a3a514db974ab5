# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Good bytes to begin with: files and dialogues of simulated cards of every kind."""

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from PIL import Image

from townhall_fuzz.dialogue import OverheardCard
from townhall_fuzz.targets import ACCESS_NUMBER, PIN, ZONE, always, open_closed_card, read_chip, use_all, use_german
from townhall_smartcard.connection import CardConnection
from townhall_smartcard.emrtd.cipher import Cipher
from townhall_smartcard.emrtd.lds.files import LdsFile, content_of
from townhall_smartcard.emrtd.lds.mrz import parse_mrz
from townhall_smartcard.emrtd.pace import PacePassword, PasswordReference
from townhall_smartcard.emrtd.security_infos import PaceInfo, PaceMapping
from townhall_smartcard.messages import CardContents, CardFamily, ReadCard
from townhall_smartcard.national.serbia import SerbianCard
from townhall_smartcard.national.serbian_records import HEADER_BYTES
from townhall_smartcard.operations import perform
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation import lds_files, states
from townhall_smartcard.simulation.contactless_card import ContactlessCard
from townhall_smartcard.simulation.documents import DocumentWish, document
from townhall_smartcard.simulation.emrtd_chip import EmrtdChip
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.every_family import EVERY_FAMILY, NOE, READ_AT_DESKS, NationalSample
from townhall_smartcard.simulation.german_card import GermanChip
from townhall_smartcard.simulation.german_contents import GermanSecrets
from townhall_smartcard.simulation.lds_files import Holder
from townhall_smartcard.simulation.lithuanian_card import LithuanianCard
from townhall_smartcard.simulation.national_keys import CertifiedHolder, KeyKind, NationalAuthority
from townhall_smartcard.simulation.pace_gate import card_access
from townhall_smartcard.simulation.pkcs15_files import KeyPlace, PinHabits, card_files
from townhall_smartcard.simulation.polish_card import PolishCard
from townhall_smartcard.simulation.serbian_card import SerbianSimulation
from townhall_smartcard.simulation.slovenian_card import SlovenianCard
from townhall_smartcard.simulation.state_keys import CurveStateKey, RsaStateKey
from townhall_smartcard.tlv import encode

_PACE: Final = PaceInfo(PaceMapping.ECDH_GENERIC, Cipher.AES_128, 13)
_DETAILS: Final = {0x5F0E: b"DOE<<JOHN", 0x5F2B: b"19690806", 0x5F11: b"UTOPIA"}
_ISSUE: Final = {0x5F19: b"UTOPIA", 0x5F26: b"20240102"}
Seed = tuple[str, bytes]
"""A target's name, and bytes for it."""


def all_seeds() -> Iterator[Seed]:
    """Yield everything; keys are new each time."""
    country = states.authority(CurveStateKey("secp256r1"))
    signer = states.document_signer(country)
    yield from _files(signer)
    yield from _trusted(country, signer)
    yield from _chips(signer)
    yield from _national()


def _files(signer: states.Standing) -> Iterator[Seed]:
    picture = io.BytesIO()
    Image.new("RGB", (12, 16), "navy").save(picture, "JPEG")
    wish = DocumentWish(signer, Holder(), "Щербаков", picture.getvalue(), has_active_authentication=True)
    contents = document(wish)
    for file in LdsFile:
        if (content := contents.application.get(file.identifier)) is not None:
            yield file.name.lower(), content
            yield "tlv", content
            yield "tlv-length", content[:8]
    for group in (1, 2, 11):
        yield "file", _one_answer(contents.application[LdsFile[f"DG{group}"].identifier] + b"\x90\x00")
    yield "card-access", card_access((_PACE,))
    yield "security-infos", content_of(contents.application[LdsFile.DG14.identifier], LdsFile.DG14)
    yield "dg5", lds_files.displayed(LdsFile.DG5, picture.getvalue())
    yield "dg7", lds_files.displayed(LdsFile.DG7, picture.getvalue())
    yield "dg2", lds_files.dg2_39794(picture.getvalue())
    yield "dg11", lds_files.details(LdsFile.DG11, _DETAILS)
    yield "dg12", lds_files.details(LdsFile.DG12, _ISSUE)
    yield "dg13", encode(LdsFile.DG13.tag, b"of the state's own")
    yield "dg16", encode(LdsFile.DG16.tag, encode(0x02, b"\x01") + encode(0xA1, encode(0x5F51, b"DOE<<JOHN")))
    yield "response", b"\x6f\x00\x90\x00"
    yield "directories", bytes.fromhex("A4063004040244 02".replace(" ", ""))
    yield from _pkcs15()
    yield "belgian-records", NOE.identity("sha256")
    yield "belgian-records", NOE.address_file()
    yield "card-security", _one_answer(contents.application[LdsFile.SOD.identifier] + b"\x90\x00")
    yield "picture", picture.getvalue()
    yield "mrz", lds_files.td1(Holder()).encode()
    yield "mrz", lds_files.td3(Holder()).encode()
    yield "mrz-entry", b"\x02" + lds_files.td3(Holder()).encode() + b"\x03\r"
    yield "dg1", lds_files.dg1(lds_files.td3(Holder()))
    yield "buffers", bytes.fromhex("7F660802020800020208009000")


def _trusted(country: states.Standing, signer: states.Standing) -> Iterator[Seed]:
    rsa = states.authority(RsaStateKey())
    groups = {1: lds_files.dg1(lds_files.td1(Holder()))}
    for each in (country, rsa):
        mine = states.document_signer(each)
        sod = states.security_object(mine, groups)
        yield "sod", sod
        yield "document", sod
        for name in ("certificate", "card-certificate", "person-certificate", "module-certificates", "state-trust"):
            yield name, each.der
        lists = states.master_list(states.list_signer(each), [country.der, rsa.der])
        yield "master-list", lists
        yield "state-trust", lists
    yield "public-key", bytes(signer.key.public.dump())


def _pkcs15() -> Iterator[Seed]:
    """Directories of a card with a key of each kind; a certificate that nobody reads."""
    keys = {
        KeyPlace(1, is_for_will=False, has_file=False): (b"", KeyKind.P256.generate()),
        KeyPlace(2, is_for_will=True, has_file=True): (b"", KeyKind.RSA_2048.generate()),
    }
    for content in card_files(keys, PinHabits(8, 0xFF)).values():
        if content:
            yield "pkcs15-directories", content


def _chips(signer: states.Standing) -> Iterator[Seed]:
    contents = document(DocumentWish(signer))
    by_number = PacePassword(PasswordReference.CAN, bytearray(ACCESS_NUMBER))
    before_pace = replace(contents, offers=())  # such a chip is opened by BAC
    for name, chip, password in (
        ("chip-by-number", contents, by_number),
        ("chip-by-zone", contents, parse_mrz(ZONE).password()),
        ("chip-by-zone", before_pace, parse_mrz(ZONE).password()),
    ):
        simulated = EmrtdChip(chip, randomness=_card_s_own, pause=lambda _s: None)
        yield name, _overheard(simulated, partial(read_chip, password=password))


def _national() -> Iterator[Seed]:
    for tries in (3, 1, 0):
        secrets = GermanSecrets(ACCESS_NUMBER, PIN, tries=tries)
        german = GermanChip(secrets, randomness=_card_s_own)
        yield f"use-{CardFamily.NPA.value}", _overheard(german, use_german)
    yield from _behind_pace()
    for make in (*EVERY_FAMILY.values(), *READ_AT_DESKS.values()):
        sample = make()
        if sample.access_number:
            continue
        if isinstance(sample.card, SerbianSimulation):
            yield from _serbian(sample.card)
            continue
        overheard = _overheard(sample.card, partial(use_all, sample.family))
        yield f"use-{sample.family.value}", overheard
        issuer, lists = sample.anchors.anchors_der[-1], sample.anchors.crls_der[:1]
        yield "issued-certificate", b"".join(map(_one_answer, (_certificate_of(sample), issuer, *lists)))
        yield "probe", overheard
        if isinstance(sample.card, EstonianCard):
            closed = ContactlessCard(sample.card, ACCESS_NUMBER, randomness=_card_s_own, pause=lambda _s: None)
            yield "open-card", _overheard(closed, open_closed_card)


def _behind_pace() -> Iterator[Seed]:
    """Yield cards that want their number first; both sides draw the same bytes each time."""
    holder = CertifiedHolder("EU", "SPECIMEN", "ALEX", "PNOEU-1")
    keys = NationalAuthority("EU").issue_card_keys(holder, KeyKind.P384, KeyKind.P384)
    can, drawn = ACCESS_NUMBER, _card_s_own
    cards: dict[CardFamily, CardConnection] = {
        CardFamily.LTEID: LithuanianCard(keys, pin=PIN, can=can, randomness=drawn),
        CardFamily.EDO: PolishCard(keys, can=can, randomness=drawn),
        CardFamily.EOI: SlovenianCard(keys, pins=(PIN, PIN), can=can, randomness=drawn),
    }
    for family, card in cards.items():
        yield f"use-{family.value}", _overheard(card, partial(use_all, family))


def _serbian(card: SerbianSimulation) -> Iterator[Seed]:
    """Yield what a card without keys says, its files apart, and a list that its state signed."""
    overheard = _overheard(card, lambda connection: SerbianCard(processors_for(connection)).read())
    yield f"use-{CardFamily.SRBID.value}", overheard
    yield "probe", overheard
    for each in SerbianCard(processors_for(card)).read().evidence:
        yield "serbian-records", each.content[HEADER_BYTES:]
        yield "digest-list", each.signature


def _overheard(card: CardConnection, talk: Callable[[CardConnection], object]) -> bytes:
    overheard = OverheardCard(card)
    talk(overheard)
    return bytes(overheard.written)


def _certificate_of(sample: NationalSample) -> bytes:
    contents = perform(ReadCard(1, ""), processors_for(sample.card), sample.family)
    return contents.authentication_certificate if isinstance(contents, CardContents) else b""


def _card_s_own(size_bytes: int) -> bytes:
    return always(size_bytes)[::-1]


def _one_answer(answer: bytes) -> bytes:
    return len(answer).to_bytes(2, "big") + answer
