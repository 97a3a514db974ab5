# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Secure messaging: the worked example byte for byte, and every answer that is not covered ends the session."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.apdu import CommandApdu, ResponseApdu
from townhall_smartcard.emrtd.cipher import Cipher, SessionKeys
from townhall_smartcard.emrtd.secure_messaging import SecureMessaging, SecureSession, largest_plain_answer
from townhall_smartcard.errors import CardMisuseError, CardRemovedError, SecureMessagingError
from townhall_smartcard.processors import Formatting, processors_for
from townhall_smartcard.simulation.card_command import Command, parse_command
from townhall_smartcard.simulation.chip_channel import ChannelFault, ChipChannel
from townhall_smartcard.tlv import encode

READ = CommandApdu(0x00, 0xB0, 0x00, 0x00, le=4)
every_cipher = pytest.mark.parametrize("cipher", Cipher, ids=lambda cipher: cipher.name)


def keys_of(cipher: Cipher) -> SessionKeys:
    return SessionKeys.derive(cipher, b"a secret that both have")


class Chip:
    """The chip's side of a session; what it is asked, and what it answers, can be seen and changed."""

    def __init__(self, keys: SessionKeys, answer: Callable[[CommandApdu], bytes]) -> None:
        self._channel = ChipChannel(keys)
        self._answer = answer
        self.change: Callable[[bytes], bytes] = lambda answer: answer
        self.asked: list[bytes] = []

    def transmit(self, command: bytes | bytearray) -> bytes:
        self.asked.append(bytes(command))
        parsed = parse_command(bytes(command))
        assert parsed is not None
        return self.change(self._channel.protected(self._answer(self._channel.opened(parsed))))


def repeat(command: CommandApdu) -> bytes:
    return bytes(command.data) + b"\x90\x00"


def open_chip(
    cipher: Cipher = Cipher.AES_256, answer: Callable[[CommandApdu], bytes] = repeat
) -> tuple[SecureMessaging, Chip]:
    chip = Chip(keys_of(cipher), answer)
    return SecureMessaging(processors_for(chip), SecureSession(keys_of(cipher))), chip


def test_the_example_of_icao_is_met_byte_for_byte(
    icao: Callable[[str], dict[str, str]], icao_exchanges: Callable[[str], list[tuple[str, str]]]
) -> None:
    example = icao("secure-messaging-3des")
    keys = SessionKeys(Cipher.TRIPLE_DES, bytes.fromhex(example["ks_enc"]), bytes.fromhex(example["ks_mac"]))
    session = SecureSession(keys, int(example["ssc_before"], 16))
    content = b""
    commands = (CommandApdu(0, 0xA4, 0x02, 0x0C, b"\x01\x1e"), READ, CommandApdu(0, 0xB0, 0, 4, le=18))
    for command, (asked, answered) in zip(commands, icao_exchanges("secure-messaging-3des"), strict=True):
        assert session.protect(command).encode().hex() == asked.lower()
        answer = session.check(ResponseApdu.parse(bytes.fromhex(answered)))
        assert answer.is_ok
        content += answer.data
    assert content.hex() == example["file"].lower()
    assert session.next_counter() == (int(example["ssc_after"], 16) + 1).to_bytes(8, "big")


@every_cipher
@given(data=st.binary(max_size=largest_plain_answer(Cipher.AES_256)), ins=st.sampled_from([0x20, 0x2A, 0xCB, 0xD6]))
def test_what_is_said_arrives_and_is_answered(cipher: Cipher, data: bytes, ins: int) -> None:
    card, chip = open_chip(cipher)
    command = CommandApdu(0x00, ins, 0x12, 0x34, data, le=256)
    for _ in range(2):
        assert card.exchange(command) == ResponseApdu(data, 0x9000)
    assert all(asked[0] == 0x0C for asked in chip.asked)
    assert len(data) < 8 or not any(data in asked for asked in chip.asked)
    assert len(set(chip.asked)) == 2, "the counter makes every message another"


@every_cipher
@given(data=st.binary(max_size=largest_plain_answer(Cipher.AES_256)))
def test_an_odd_instruction_has_cryptograms_without_a_kind_of_padding(cipher: Cipher, data: bytes) -> None:
    card, chip = open_chip(cipher)
    assert card.exchange(CommandApdu(0x00, 0xB1, 0x00, 0x00, data, le=256)) == ResponseApdu(data, 0x9000)
    assert not data or chip.asked[0][5] == 0x85


@every_cipher
@pytest.mark.parametrize("ins", [0xB0, 0xB1])
@pytest.mark.parametrize("room", [256, 257, 300, 1022, 4094, 60000])
def test_the_largest_answer_fits_its_room_and_the_next_one_does_not(cipher: Cipher, ins: int, room: int) -> None:
    chip, session = ChipChannel(keys_of(cipher)), SecureSession(keys_of(cipher))
    largest = largest_plain_answer(cipher, room)
    lengths = []
    for length in (largest, largest + 1):
        parsed = parse_command(bytes(session.protect(CommandApdu(0x00, ins, 0, 0, le=4)).encode()))
        assert parsed is not None
        chip.opened(parsed)
        answer = chip.protected(bytes(length) + b"\x90\x00")
        lengths.append(len(answer) - 2)
        session.check(ResponseApdu.parse(answer))
    assert lengths[0] <= room
    # The odd form has no byte for the kind of padding, which a room can leave free.
    assert lengths[1] > room - (ins & 1)


@pytest.mark.parametrize(("cipher", "largest"), [(Cipher.TRIPLE_DES, 231), (Cipher.AES_128, 223)])
def test_short_answers_hold_what_the_books_say(cipher: Cipher, largest: int) -> None:
    assert largest_plain_answer(cipher) == largest


def test_a_counter_at_its_end_ends_the_session_and_never_begins_anew() -> None:
    keys = keys_of(Cipher.TRIPLE_DES)
    session = SecureSession(keys, (1 << 64) - 2)
    session.protect(READ)
    with pytest.raises(SecureMessagingError):
        session.check(ResponseApdu(b"", 0x9000))
    with pytest.raises(SecureMessagingError):
        SecureSession(keys, (1 << 64) - 1).protect(READ)


@every_cipher
@pytest.mark.parametrize("fault", ChannelFault, ids=lambda fault: fault.name)
def test_every_kind_of_wrong_answer_ends_the_session(cipher: Cipher, fault: ChannelFault) -> None:
    keys = keys_of(cipher)
    chip, session = ChipChannel(keys), SecureSession(keys)
    parsed = parse_command(bytes(session.protect(READ).encode()))
    assert parsed is not None
    chip.opened(parsed)
    with pytest.raises(SecureMessagingError):
        session.check(ResponseApdu.parse(chip.protected(bytes(20) + b"\x90\x00", fault)))


@every_cipher
def test_the_status_word_inside_is_the_one_that_counts(cipher: Cipher) -> None:
    card, chip = open_chip(cipher, lambda _command: b"\x63\xc2")
    chip.change = lambda answer: answer[:-2] + b"\x90\x00"
    assert card.exchange(CommandApdu(0x00, 0x20, 0x00, 0x01, b"1234")).status == 0x63C2


@pytest.mark.parametrize("status", ["9000", "6982", "6987", "6988", "6A82", "6CFF"])
def test_a_bare_status_word_ends_the_session(status: str) -> None:
    card, chip = open_chip()
    chip.change = lambda _answer: bytes.fromhex(status)
    with pytest.raises(SecureMessagingError) as caught:
        card.exchange(READ)
    assert caught.value.status == int(status, 16)
    chip.change = lambda answer: answer
    with pytest.raises(SecureMessagingError):
        card.exchange(READ)
    assert len(chip.asked) == 1, "nothing is asked after the end, and nothing twice"


@every_cipher
@given(data=st.data())
def test_any_changed_bit_ends_the_session(cipher: Cipher, data: st.DataObject) -> None:
    card, chip = open_chip(cipher, lambda _command: b"personal" + b"\x90\x00")

    def flip(answer: bytes) -> bytes:
        changed = bytearray(answer)
        changed[data.draw(st.integers(0, len(answer) - 3))] ^= 1 << data.draw(st.integers(0, 7))
        return bytes(changed)

    chip.change = flip
    with pytest.raises(SecureMessagingError):
        card.exchange(READ)


@given(cut=st.integers(0, 40))
def test_any_cut_answer_ends_the_session(cut: int) -> None:
    card, chip = open_chip(answer=lambda _command: b"personal data" + b"\x90\x00")
    chip.change = lambda answer: answer[: min(cut, len(answer) - 3)] + b"\x90\x00"
    with pytest.raises(SecureMessagingError):
        card.exchange(READ)


def test_an_answer_heard_before_ends_the_session() -> None:
    card, chip = open_chip()
    heard: list[bytes] = []

    def keep(answer: bytes) -> bytes:
        heard.append(answer)
        return heard[0]

    chip.change = keep
    assert card.exchange(READ).is_ok
    with pytest.raises(SecureMessagingError):
        card.exchange(READ)


@pytest.mark.parametrize(
    "objects",
    ["", "99019000", "9903900000", "87010199029000", "9902900099029000", "8000"],
)
def test_covered_answers_that_no_card_gives_end_the_session_too(objects: str) -> None:
    session, chip = SecureSession(keys_of(Cipher.AES_128)), SecureSession(keys_of(Cipher.AES_128))
    session.protect(READ)
    chip.next_counter()
    raw = bytes.fromhex(objects)
    covered = raw + encode(0x8E, chip.checksum(chip.next_counter(), raw))
    with pytest.raises(SecureMessagingError):
        session.check(ResponseApdu(covered, 0x9000))


def test_a_card_that_left_in_between_ends_the_session() -> None:
    class Gone:
        def exchange(self, command: CommandApdu) -> ResponseApdu:
            raise CardRemovedError(command.name)

    card = SecureMessaging(Gone(), SecureSession(keys_of(Cipher.AES_256)))
    with pytest.raises(CardRemovedError):
        card.exchange(READ)
    with pytest.raises(SecureMessagingError):
        card.exchange(READ)


def test_a_protected_command_is_not_protected_again() -> None:
    with pytest.raises(CardMisuseError):
        SecureSession(keys_of(Cipher.AES_256)).protect(CommandApdu(0x0C, 0xB0, 0, 0))


def test_a_long_command_goes_out_in_the_extended_form() -> None:
    chip, heard = ChipChannel(keys_of(Cipher.AES_256)), list[CommandApdu]()

    class Wire:
        def transmit(self, command: bytes | bytearray) -> bytes:
            cla, ins, p1, p2, *body = bytes(command)
            assert body[0] == 0
            length = int.from_bytes(body[1:3], "big")
            assert body[3 + length :] == [0, 0], "as long an answer as there is"
            heard.append(chip.opened(Command(cla, ins, p1, p2, bytes(body[3 : 3 + length]))))
            return chip.protected(bytes(300) + b"\x90\x00")

    card = SecureMessaging(Formatting(Wire(), is_extended=True), SecureSession(keys_of(Cipher.AES_256)))
    assert card.exchange(CommandApdu(0x00, 0x2A, 0x9E, 0x9A, bytes(range(250)) * 2, le=1000)).data == bytes(300)
    assert (heard[0].data, heard[0].le) == (bytes(range(250)) * 2, 1000)


def test_a_long_answer_is_fetched_by_a_command_outside_the_session() -> None:
    chip = ChipChannel(keys_of(Cipher.AES_256))
    waiting: list[bytes] = []
    asked: list[str] = []

    class Wire:
        def transmit(self, command: bytes | bytearray) -> bytes:
            asked.append(bytes(command[:2]).hex())
            if command[1] != 0xC0:
                parsed = parse_command(bytes(command))
                assert parsed is not None
                whole = chip.protected(repeat(chip.opened(parsed)))
                waiting.extend((whole[:100], whole[100:]))
                return b"\x61\x00"
            return waiting.pop(0) + (b"\x61\x00" if waiting else b"")

    card = SecureMessaging(processors_for(Wire()), SecureSession(keys_of(Cipher.AES_256)))
    command = CommandApdu(0x00, 0x20, 0x00, 0x01, bytes(150), le=256)
    assert card.exchange(command).data == bytes(150)
    assert asked == ["0c20", "00c0", "00c0"]


def test_a_chip_ends_its_session_at_a_command_that_was_changed() -> None:
    chip, session = ChipChannel(keys_of(Cipher.AES_256)), SecureSession(keys_of(Cipher.AES_256))
    raw = session.protect(CommandApdu(0x00, 0xA4, 0x01, 0x0C, b"\x50\x00")).encode()
    raw[2] ^= 1
    parsed = parse_command(bytes(raw))
    assert parsed is not None
    with pytest.raises(Exception, match="wrong checksum"):
        chip.opened(parsed)
