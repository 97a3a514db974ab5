# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The driver over the simulated card, and over that card with every fault at every command."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.apdu import Ins, is_pin_command
from townhall_smartcard.connection import CardConnection, RawCommand
from townhall_smartcard.errors import (
    CardError,
    CardMisuseError,
    CardMuteError,
    CardRemovedError,
    CardUnreadableError,
    UnexpectedStatusError,
)
from townhall_smartcard.estonia import EstonianIdCard
from townhall_smartcard.messages import PinRole, PinTries
from townhall_smartcard.pins import BLOCKED, LAST_TRY_UNCONFIRMED, LENGTH, PinRefusal, PinRefusalReason
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.delivery import Delivery
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys, CertifiedKey
from townhall_smartcard.simulation.estonian_card_person import AINO, KADRI, Person
from townhall_smartcard.simulation.estonian_card_pins import PinReference
from townhall_smartcard.simulation.faulty_card import FaultyCard

DIGEST: Final = bytes(range(48))
OTHER_SIDE: Final = ec.generate_private_key(ec.SECP384R1())
POINT: Final = OTHER_SIDE.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
READ_COMMANDS: Final = 40
AUTHENTICATE_COMMANDS: Final = 6
SIGN_COMMANDS: Final = 5


def certified(length: int) -> CertifiedKey:
    """Return a key with bytes that only look like a certificate: the driver looks no further."""
    head = b"\x30\x82" + (length - 4).to_bytes(2, "big")
    return CertifiedKey(ec.generate_private_key(ec.SECP384R1()), head + bytes(length - 4))


KEYS: Final = CardKeys(certified(1031), certified(1008))


class Recorder:
    """A connection that keeps the instruction of each command."""

    def __init__(self, card: CardConnection) -> None:
        self._card = card
        self.pin_commands = 0
        self.commands = 0

    def transmit(self, command: RawCommand) -> bytes:
        self.commands += 1
        self.pin_commands += is_pin_command(command)
        return self._card.transmit(command)


class Rewriting:
    """A card some of whose answers are others."""

    def __init__(self, card: CardConnection, rewrite: Callable[[bytes, bytes], bytes]) -> None:
        self._card = card
        self._rewrite = rewrite

    def transmit(self, command: RawCommand) -> bytes:
        return self._rewrite(bytes(command), self._card.transmit(command))


def new_card(person: Person = KADRI, delivery: Delivery = Delivery.DIRECT) -> EstonianCard:
    return EstonianCard(person, KEYS, delivery=delivery)


def driver(card: CardConnection) -> EstonianIdCard:
    return EstonianIdCard(processors_for(card))


def pin_of(role: PinRole) -> bytearray:
    return bytearray(b"1234" if role is PinRole.AUTHENTICATION else b"12345")


def use_key(card: CardConnection, role: PinRole, pin: bytearray, *, confirmed: bool = False) -> bytes | PinRefusal:
    use = driver(card).authenticate if role is PinRole.AUTHENTICATION else driver(card).sign
    return use(pin, DIGEST, last_try_confirmed=confirmed)


Operation = Callable[[CardConnection], object]
OPERATIONS: Final[dict[str, tuple[Operation, int]]] = {
    "read": (lambda card: driver(card).read(), READ_COMMANDS),
    "authenticate": (
        lambda card: use_key(card, PinRole.AUTHENTICATION, bytearray(b"1234")),
        AUTHENTICATE_COMMANDS,
    ),
    "sign": (lambda card: use_key(card, PinRole.SIGNATURE, bytearray(b"12345")), SIGN_COMMANDS),
    "agree": (
        lambda card: driver(card).agree(bytearray(b"1234"), POINT, last_try_confirmed=False),
        AUTHENTICATE_COMMANDS,
    ),
}
KEY_ROLES = pytest.mark.parametrize("role", [PinRole.AUTHENTICATION, PinRole.SIGNATURE])
EVERY_COMMAND = pytest.mark.parametrize(
    ("name", "index"), [(name, index) for name, (_, count) in OPERATIONS.items() for index in range(count)]
)


@EVERY_COMMAND
def test_a_card_pulled_at_any_command_is_gone_and_costs_no_try(name: str, index: int) -> None:
    card = new_card()
    with pytest.raises(CardRemovedError):
        OPERATIONS[name][0](FaultyCard(card).tear(index))
    assert {card.tries_left(reference) for reference in PinReference} == {3}


@EVERY_COMMAND
def test_a_card_that_falls_silent_at_any_command_is_mute(name: str, index: int) -> None:
    with pytest.raises(CardMuteError):
        OPERATIONS[name][0](FaultyCard(new_card()).mute_after(index))


@EVERY_COMMAND
@pytest.mark.parametrize("status", ["6D00", "6F00", "6982", "6A86", "6E00", "6281", "6581", "6C00"])
def test_a_command_that_the_card_refuses_makes_it_unreadable(name: str, index: int, status: str) -> None:
    faulty = FaultyCard(new_card()).answer(index, bytes.fromhex(status))
    with pytest.raises(UnexpectedStatusError) as caught:
        OPERATIONS[name][0](faulty)
    assert caught.value.status == int(status, 16)
    assert faulty.commands == index + 1, "nothing is sent after a refusal"


_STATUS: Final = bytes.fromhex("6C60")  # "ask again, with this length" (ISO/IEC 7816-4 §5.6)


@EVERY_COMMAND
def test_an_answer_cut_anywhere_makes_the_card_unreadable(name: str, index: int) -> None:
    whole = len(_answer_at(OPERATIONS[name][0], index))
    for length in {0, 1, 2, 3, whole // 2, whole - 2, whole - 1} - {whole}:
        if 0 <= length < whole:
            with pytest.raises(CardUnreadableError):
                OPERATIONS[name][0](Rewriting(new_card(), _cut_at(index, length)))


def _cut_at(index: int, length: int) -> Callable[[bytes, bytes], bytes]:
    """Cut one answer. Two bytes of a signature may read as 6Cxx, and lawfully ask for the command again: not here."""
    places = count()

    def rewrite(_command: bytes, answer: bytes) -> bytes:
        if next(places) != index:
            return answer
        short = answer[:length]
        return b"\x6d" + short[1:] if length == len(_STATUS) and short[0] == _STATUS[0] else short

    return rewrite


@pytest.mark.parametrize("name", ["authenticate", "sign", "agree"])
def test_a_card_that_names_another_length_is_asked_again(name: str) -> None:
    operation, commands = OPERATIONS[name]
    assert isinstance(operation(FaultyCard(new_card()).answer(commands - 1, _STATUS)), bytes)


def _answer_at(operation: Operation, index: int) -> bytes:
    answers: list[bytes] = []

    def keep(_command: bytes, answer: bytes) -> bytes:
        answers.append(answer)
        return answer

    operation(Rewriting(new_card(), keep))
    return answers[index]


@EVERY_COMMAND
def test_a_bare_9000_where_data_belong_makes_the_card_unreadable(name: str, index: int) -> None:
    if len(_answer_at(OPERATIONS[name][0], index)) > 2:
        with pytest.raises(CardUnreadableError):
            OPERATIONS[name][0](FaultyCard(new_card()).answer(index, b"\x90\x00"))


@given(st.sampled_from(sorted(OPERATIONS)), st.integers(0, READ_COMMANDS - 1), st.binary(max_size=300))
def test_whatever_a_card_says_no_pin_is_sent_twice_and_nothing_else_escapes(
    name: str, index: int, answer: bytes
) -> None:
    operation, _ = OPERATIONS[name]
    recorder = Recorder(FaultyCard(new_card()).answer(index, answer))
    with contextlib.suppress(CardError):
        operation(recorder)
    assert recorder.pin_commands <= (name != "read")


@pytest.mark.parametrize("delivery", list(Delivery))
@pytest.mark.parametrize("is_t0", [False, True])
def test_everything_is_read_however_the_card_delivers_it(delivery: Delivery, *, is_t0: bool) -> None:
    contents = EstonianIdCard(processors_for(new_card(AINO, delivery), is_t0=is_t0)).read()
    stated = contents.stated
    assert (stated.surname, stated.given_names, stated.sex) == ("ŽUKOVSKAJA-VÄLJATAGA", "AINO ÜLLE-MARIA", "N")
    assert (stated.birth, stated.citizenship) == ("29 02 2004 EST", "EST")
    assert (stated.personal_code, stated.document_number) == (AINO.personal_code, AINO.document_number)
    assert (stated.expiry_date, stated.issuing_date) == ("31 12 2099", "03 02 2025")
    assert contents.certificates == {
        PinRole.AUTHENTICATION: KEYS.authentication.certificate,
        PinRole.SIGNATURE: KEYS.signature.certificate,
    }
    assert contents.tries == dict.fromkeys(PinRole, PinTries(3, 3))


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_no_more_commands_are_sent_than_are_needed(name: str) -> None:
    operation, expected = OPERATIONS[name]
    recorder = Recorder(new_card())
    operation(recorder)
    assert recorder.commands == expected


@pytest.mark.parametrize("delivery", list(Delivery))
@KEY_ROLES
def test_the_right_pin_gives_a_signature_that_verifies_and_is_wiped(role: PinRole, delivery: Delivery) -> None:
    pin = pin_of(role)
    signature = use_key(new_card(delivery=delivery), role, pin)
    assert isinstance(signature, bytes)
    key = (KEYS.authentication if role is PinRole.AUTHENTICATION else KEYS.signature).private_key.public_key()
    _verify(key, signature)
    assert pin == bytes(len(pin))


def _verify(key: ec.EllipticCurvePublicKey, signature: bytes) -> None:
    r, s = int.from_bytes(signature[:48], "big"), int.from_bytes(signature[48:], "big")
    key.verify(encode_dss_signature(r, s), DIGEST, ec.ECDSA(Prehashed(SHA384())))


@pytest.mark.parametrize("delivery", list(Delivery))
def test_pin_1_and_a_point_give_the_secret_that_the_other_side_has(delivery: Delivery) -> None:
    pin = bytearray(b"1234")
    shared_x = driver(new_card(delivery=delivery)).agree(pin, POINT, last_try_confirmed=False)
    assert shared_x == OTHER_SIDE.exchange(ec.ECDH(), KEYS.authentication.private_key.public_key())
    assert pin == bytes(4)


@pytest.mark.parametrize("delivery", list(Delivery))
def test_a_card_gives_bytes_of_its_generator_that_differ(delivery: Delivery) -> None:
    taken = driver(new_card(delivery=delivery)).read_challenges(250)
    blocks = {taken[start : start + 8] for start in range(0, len(taken), 8)}
    assert (len(taken), len(blocks)) == (256, 32)


def test_a_card_without_that_command_gives_nothing() -> None:
    class WithoutGenerator(Recorder):
        def transmit(self, command: RawCommand) -> bytes:
            return b"\x6d\x00" if command[1] == Ins.GET_CHALLENGE else super().transmit(command)

    card = WithoutGenerator(new_card())
    assert driver(card).read_challenges(1024) == b""
    assert card.commands == 0


def test_an_agreement_with_a_wrong_pin_costs_a_try_and_gives_nothing() -> None:
    card = new_card()
    refusal = driver(card).agree(bytearray(b"9999"), POINT, last_try_confirmed=False)
    assert refusal == PinRefusal(PinRefusalReason.WRONG, 2)


@pytest.mark.parametrize("point", [b"", POINT[1:], POINT + b"\x00"], ids=["none", "short", "long"])
def test_a_point_of_another_length_is_refused_before_the_card_is_asked(point: bytes) -> None:
    recorder, pin = Recorder(new_card()), bytearray(b"1234")
    with pytest.raises(CardMisuseError):
        driver(recorder).agree(pin, point, last_try_confirmed=True)
    assert (recorder.commands, bytes(pin)) == (0, bytes(4))


def test_a_point_beside_the_curve_is_refused_by_the_card() -> None:
    with pytest.raises(UnexpectedStatusError):
        driver(new_card()).agree(bytearray(b"1234"), b"\x04" + bytes(96), last_try_confirmed=False)


@KEY_ROLES
def test_wrong_pins_count_down_to_blocked_and_the_last_try_needs_a_word(role: PinRole) -> None:
    card = new_card()
    for left in (2, 1):
        assert use_key(card, role, bytearray(b"99999")) == PinRefusal(PinRefusalReason.WRONG, left)
    recorder = Recorder(card)
    for pin in (b"99999", bytes(pin_of(role))):
        assert use_key(recorder, role, bytearray(pin)) == LAST_TRY_UNCONFIRMED
    assert recorder.pin_commands == 0
    assert use_key(card, role, bytearray(b"99999"), confirmed=True) == BLOCKED
    recorder = Recorder(card)
    assert use_key(recorder, role, pin_of(role), confirmed=True) == BLOCKED
    assert recorder.pin_commands == 0, "a blocked PIN is not sent"


@KEY_ROLES
def test_the_last_try_with_the_right_pin_opens_the_card_again(role: PinRole) -> None:
    card = new_card()
    for _ in range(2):
        use_key(card, role, bytearray(b"99999"))
    assert isinstance(use_key(card, role, pin_of(role), confirmed=True), bytes)
    assert driver(card).read_tries(role) == PinTries(3, 3)


@pytest.mark.parametrize(
    ("role", "pin"),
    [
        (PinRole.AUTHENTICATION, b""),
        (PinRole.AUTHENTICATION, b"123"),
        (PinRole.AUTHENTICATION, b"1234567890123"),
        (PinRole.AUTHENTICATION, b"12a4"),
        (PinRole.AUTHENTICATION, b"12\xff\xff"),
        (PinRole.SIGNATURE, b"1234"),
        (PinRole.SIGNATURE, b"1234567890123"),
    ],
)
def test_an_impossible_pin_is_refused_before_the_card_is_asked(role: PinRole, pin: bytes) -> None:
    recorder, entered = Recorder(new_card()), bytearray(pin)
    assert use_key(recorder, role, entered) == LENGTH
    assert recorder.commands == 0
    assert entered == bytes(len(pin))


@KEY_ROLES
@pytest.mark.parametrize("length", [0, 20, 32, 47, 49, 64])
def test_a_digest_of_another_length_is_refused_before_the_card_is_asked(role: PinRole, length: int) -> None:
    recorder, pin = Recorder(new_card()), pin_of(role)
    use = driver(recorder).authenticate if role is PinRole.AUTHENTICATION else driver(recorder).sign
    with pytest.raises(CardMisuseError):
        use(pin, bytes(length), last_try_confirmed=True)
    assert (recorder.commands, bytes(pin)) == (0, bytes(len(pin)))


@KEY_ROLES
def test_a_verify_that_does_not_count_leads_to_the_counter(role: PinRole) -> None:
    def rewrite(command: bytes, answer: bytes) -> bytes:
        return b"\x63\x00" if is_pin_command(command) and answer != b"\x90\x00" else answer

    assert use_key(Rewriting(new_card(), rewrite), role, bytearray(b"99999")) == PinRefusal(PinRefusalReason.WRONG, 2)


@KEY_ROLES
@pytest.mark.parametrize(
    "signature",
    [
        bytes(96),
        b"\xff" * 96,
        b"\x01" * 95,
        b"\x01" * 97,
        b"\x01" * 48 + bytes(48),
        bytes(48) + b"\x01" * 48,
        b"\x01" * 64,
    ],
)
def test_a_signature_that_cannot_be_one_makes_the_card_unreadable(role: PinRole, signature: bytes) -> None:
    last = (AUTHENTICATE_COMMANDS if role is PinRole.AUTHENTICATION else SIGN_COMMANDS) - 1
    with pytest.raises(CardUnreadableError):
        use_key(FaultyCard(new_card()).answer(last, signature + b"\x90\x00"), role, pin_of(role))


@pytest.mark.parametrize(
    "counter",
    [
        "701EBF81011AA0189A01039B0104A1108C06F300007343009C06F30000734300",  # more left than there are
        "701EBF81011AA0189A01FF9B01FFA1108C06F300007343009C06F30000734300",
        "700CBF810108A0069A01039B0200",  # torn
        "700DBF810109A0079A01039B020003",  # two bytes
        "700BBF810207A0059A01039B00",  # another PIN's, empty
        "7009BF810105A0039A0103",  # no 9B
        "",
    ],
)
def test_a_counter_that_cannot_be_one_makes_the_card_unreadable(counter: str) -> None:
    faulty = FaultyCard(new_card()).answer(1, bytes.fromhex(counter) + b"\x90\x00")
    with pytest.raises(CardUnreadableError):
        driver(faulty).read_tries(PinRole.AUTHENTICATION)


@pytest.mark.parametrize(
    "parameters",
    ["6204800200009000", "62048002FFFF9000", "620380010A9000", "62008002040790", "8002040790009000", "9000"],
)
def test_a_file_length_that_cannot_be_one_makes_the_card_unreadable(parameters: str) -> None:
    with pytest.raises(CardUnreadableError):
        driver(FaultyCard(new_card()).answer(1, bytes.fromhex(parameters))).read_certificate(PinRole.SIGNATURE)


@pytest.mark.parametrize("first_block", ["3005" + "00" * 190, "3182" + "00" * 190, "3082FFFF" + "00" * 188])
def test_a_certificate_file_with_anything_else_in_it_is_unreadable(first_block: str) -> None:
    faulty = FaultyCard(new_card()).answer(2, bytes.fromhex(first_block) + b"\x90\x00")
    with pytest.raises(CardUnreadableError):
        driver(faulty).read_certificate(PinRole.AUTHENTICATION)


@pytest.mark.parametrize("record", [b"\xff\xfe", b"\xc3", b"MARI\x07", b"MA\nRI", b"\x1b[31m", b"A\xe2\x80\xaeB"])
def test_a_record_that_is_no_plain_text_makes_the_card_unreadable(record: bytes) -> None:
    with pytest.raises(CardUnreadableError) as caught:
        driver(FaultyCard(new_card()).answer(3, record + b"\x90\x00")).read_stated()
    assert "MARI" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize(
    "person",
    [
        replace(KADRI, personal_code=""),
        replace(KADRI, personal_code="4840315991"),
        replace(KADRI, personal_code="4840315991x"),
        replace(KADRI, personal_code="٤٨٤٠٣١٥٩٩١٠"),
        replace(KADRI, surname="", given_names=""),
    ],
)
def test_a_file_that_names_nobody_makes_the_card_unreadable(person: Person) -> None:
    with pytest.raises(CardUnreadableError):
        driver(new_card(person)).read_stated()


def test_a_person_with_a_single_name_is_read() -> None:
    stated = driver(new_card(replace(KADRI, given_names=""))).read_stated()
    assert (stated.surname, stated.given_names) == ("ÕISPUU", "")


def test_remarks_are_read_as_far_as_there_are_any() -> None:
    assert driver(new_card()).read_remarks() == ()
    # Records 10 and 11 say something, from 12 on the files are not there.
    remarks = iter([b"E-RESIDENT", b"\x00"])

    def rewrite(command: bytes, answer: bytes) -> bytes:
        if command[:6] == bytes.fromhex("00A4010C0250") and command[6] >= 12:
            return b"\x6a\x82"
        return next(remarks) + b"\x90\x00" if command[1] == 0xB0 else answer

    assert driver(Rewriting(new_card(), rewrite)).read_remarks() == ("E-RESIDENT",)


def test_a_record_that_belongs_there_may_not_be_missing() -> None:
    with pytest.raises(UnexpectedStatusError):
        driver(FaultyCard(new_card()).answer(2, b"\x6a\x82")).read_stated()


@KEY_ROLES
def test_a_card_pulled_after_a_wrong_pin_cost_a_try_is_asked_for_its_counter_and_not_again_for_the_pin(
    role: PinRole,
) -> None:
    card = new_card()
    verify = 4 if role is PinRole.AUTHENTICATION else 3
    recorder = Recorder(FaultyCard(card).tear_answer(verify))
    with pytest.raises(CardRemovedError):
        use_key(recorder, role, bytearray(b"99999"))
    assert recorder.pin_commands == 1
    assert driver(card).read_tries(role) == PinTries(2, 3)
