# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whole sessions with simulated chips: every way in, every habit that chips have, every promise that one can break."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from townhall_smartcard.apdu import CommandApdu
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.emrtd.access import AccessProtocol, AccessRefused, MrzNeeded
from townhall_smartcard.emrtd.agreement import Randomness
from townhall_smartcard.emrtd.cipher import Cipher
from townhall_smartcard.emrtd.curves import CURVES
from townhall_smartcard.emrtd.dh_groups import DH_GROUPS
from townhall_smartcard.emrtd.elliptic import Curve
from townhall_smartcard.emrtd.lds.files import LdsFile
from townhall_smartcard.emrtd.mrz_key import mrz_password
from townhall_smartcard.emrtd.pace import PacePassword, PasswordReference
from townhall_smartcard.emrtd.residues import Residues
from townhall_smartcard.emrtd.security_infos import (
    ChipAuthenticationInfo,
    KeyAgreement,
    PaceInfo,
    PaceMapping,
    SecurityInfo,
    parse_security_infos,
)
from townhall_smartcard.emrtd.session import ChipVerdict, EmrtdSession, open_emrtd
from townhall_smartcard.errors import (
    CardMuteError,
    CardRemovedError,
    CardUnreadableError,
    CardUnsupportedError,
    SecureMessagingError,
    UnexpectedStatusError,
)
from townhall_smartcard.processors import ApduProcessor, processors_for
from townhall_smartcard.simulation.chip_channel import ChannelFault
from townhall_smartcard.simulation.chip_files import FileHabits, PastEnd
from townhall_smartcard.simulation.chip_keys import AgreementKey, EcdsaSigner, Form, RsaSigner, rsa_key_info
from townhall_smartcard.simulation.chip_pace import PaceFaults
from townhall_smartcard.simulation.emrtd_chip import ChipContents, ChipFaults, ChipHabits, EmrtdChip
from townhall_smartcard.simulation.faulty_card import FaultyCard
from townhall_smartcard.tlv import value_at

Make = Callable[..., ChipContents]
PHOTO = LdsFile.DG2
OFFERS = tuple(
    offer
    for mapping in PaceMapping
    for cipher in Cipher
    for number in (*DH_GROUPS, *CURVES)
    if (offer := PaceInfo(mapping, cipher, number)).is_served
)


def is_usual(offer: PaceInfo) -> bool:
    """Every mapping, cipher and group, but not each with each."""
    return offer.cipher is Cipher.AES_128 or offer.parameters in {0, 13}


every_offer = pytest.mark.parametrize(
    "offer",
    [
        pytest.param(
            each,
            id=f"{each.mapping.name}-{each.cipher.name}-{each.parameters}",
            marks=() if is_usual(each) else pytest.mark.long,
        )
        for each in OFFERS
    ],
)


class Counted:
    """A chip whose commands are counted and kept."""

    def __init__(self, chip: EmrtdChip) -> None:
        self._chip = chip
        self.heard: list[bytes] = []

    def transmit(self, command: RawCommand) -> bytes:
        self.heard.append(bytes(command))
        return self._chip.transmit(command)


def way(chip: EmrtdChip | FaultyCard | Counted) -> ApduProcessor:
    return processors_for(chip, is_extended=True)


def opened(chip: EmrtdChip | FaultyCard | Counted, password: PacePassword, randomness: Randomness) -> EmrtdSession:
    session = open_emrtd(way(chip), password, randomness)
    assert isinstance(session, EmrtdSession)
    return session


def infos_of(session: EmrtdSession) -> tuple[SecurityInfo, ...]:
    content = session.read_file(LdsFile.DG14)
    assert content is not None
    return parse_security_infos(value_at(content, 0x6E))


def assert_all_is_read(session: EmrtdSession, contents: ChipContents, *, also_absent: bool = True) -> None:
    for file in (LdsFile.COM, LdsFile.SOD, LdsFile.DG1, PHOTO, LdsFile.DG14, LdsFile.DG15):
        assert session.read_file(file) == contents.application[file.identifier]
    assert not also_absent or session.read_file(LdsFile.DG11) is None


@every_offer
def test_every_variant_of_pace_opens_and_reads(
    contents: Make, mrz: PacePassword, randomness: Randomness, offer: PaceInfo
) -> None:
    inside = replace(
        contents(offers=(offer,), photo_bytes=3000), mapping_keys={offer.parameters: 7} if offer.parameters else {}
    )
    session = opened(EmrtdChip(inside), mrz, randomness)
    assert session.protocol is AccessProtocol.PACE
    assert_all_is_read(session, inside)
    assert session.is_access_confirmed(infos_of(session))


@pytest.mark.parametrize("extended", [True, False], ids=["extended", "short"])
@pytest.mark.parametrize("protocol", [AccessProtocol.PACE, AccessProtocol.BAC, AccessProtocol.NONE], ids=str)
def test_files_beyond_32767_bytes_are_read_whole(
    contents: Make, mrz: PacePassword, randomness: Randomness, protocol: AccessProtocol, *, extended: bool
) -> None:
    inside = contents(photo_bytes=70_000)
    if protocol is not AccessProtocol.PACE:
        inside = replace(inside, offers=(), has_bac=protocol is AccessProtocol.BAC)
    chip = Counted(EmrtdChip(inside, ChipHabits(buffer_bytes=4096 if extended else None)))
    session = opened(chip, mrz, randomness)
    assert session.protocol is protocol
    assert_all_is_read(session, inside)
    assert any(command[1] == 0xB1 for command in chip.heard)


def test_a_chip_with_pace_and_bac_is_opened_by_pace(contents: Make, mrz: PacePassword, randomness: Randomness) -> None:
    assert opened(EmrtdChip(contents()), mrz, randomness).protocol is AccessProtocol.PACE


def test_the_access_number_opens_where_there_is_pace_alone(
    contents: Make, can: PacePassword, randomness: Randomness
) -> None:
    assert opened(EmrtdChip(contents()), can, randomness).protocol is AccessProtocol.PACE
    assert open_emrtd(way(EmrtdChip(contents(offers=()))), can, randomness) == MrzNeeded()


@pytest.mark.parametrize("offers", [(), None], ids=["bac", "pace"])
def test_a_wrong_key_is_a_value(contents: Make, randomness: Randomness, offers: tuple[PaceInfo, ...] | None) -> None:
    inside = contents() if offers is None else contents(offers=offers)
    wrong = mrz_password(b"L898902C<", b"690806", b"940624")
    chip = EmrtdChip(inside, pause=lambda _seconds: None)
    assert open_emrtd(way(chip), wrong, randomness) == AccessRefused()
    assert open_emrtd(way(chip), wrong, randomness) == AccessRefused(), "and again"


def test_a_chip_that_refuses_its_own_pace_is_opened_the_older_way_with_the_mrz_alone(
    contents: Make, mrz: PacePassword, can: PacePassword, randomness: Randomness
) -> None:
    chip = EmrtdChip(contents())
    refusing = FaultyCard(chip).answer(3, b"\x6a\x80")  # SELECT, READ EF.CardAccess, READ EF.ATR/INFO, MSE
    session = opened(refusing, mrz, randomness)
    assert session.protocol is AccessProtocol.BAC
    assert session.is_access_confirmed(infos_of(session)), "the chip itself offers what is signed"
    hidden = FaultyCard(EmrtdChip(contents())).answer(1, b"\x6a\x82")
    session = opened(hidden, mrz, randomness)
    assert session.protocol is AccessProtocol.BAC
    assert not session.is_access_confirmed(infos_of(session)), "the signed file tells what somebody hid"
    with pytest.raises(UnexpectedStatusError):
        open_emrtd(way(FaultyCard(EmrtdChip(contents())).answer(3, b"\x6a\x80")), can, randomness)


def test_a_chip_without_the_application_is_of_another_kind(
    contents: Make, mrz: PacePassword, randomness: Randomness
) -> None:
    chip = FaultyCard(EmrtdChip(contents(offers=())))
    for number in range(4):  # SELECT of the master file, EF.CardAccess, EF.ATR/INFO, SELECT of the application
        chip.answer(number, b"\x6a\x82")
    with pytest.raises(CardUnsupportedError):
        open_emrtd(way(chip), mrz, randomness)
    assert chip.commands == 4


def test_closed_files_stay_closed_and_end_nothing(contents: Make, mrz: PacePassword, randomness: Randomness) -> None:
    inside = contents()
    session = opened(EmrtdChip(inside), mrz, randomness)
    with pytest.raises(UnexpectedStatusError) as caught:
        session.read_file(LdsFile.DG3)
    assert caught.value.status == 0x6982
    assert_all_is_read(session, inside)


HABITS = {
    "gives-what-there-is": ChipHabits(files=FileHabits(past_end=PastEnd.GIVE)),
    "names-the-length": ChipHabits(files=FileHabits(past_end=PastEnd.NAME)),
    "refuses-past-the-end": ChipHabits(files=FileHabits(past_end=PastEnd.REFUSE)),
    "refuses-past-the-end-in-the-clear": ChipHabits(
        files=FileHabits(past_end=PastEnd.REFUSE), refuses_in_the_clear=True
    ),
    "no-short-identifiers": ChipHabits(files=FileHabits(has_short_identifiers=False)),
    "no-short-identifiers-in-the-clear": ChipHabits(
        files=FileHabits(has_short_identifiers=False), refuses_in_the_clear=True
    ),
    "gives-100-at-most": ChipHabits(files=FileHabits(longest_read=100)),
    "gives-1-at-first": ChipHabits(files=FileHabits(longest_read=1)),
    "announces-nothing": ChipHabits(buffer_bytes=None),
    "announces-much": ChipHabits(buffer_bytes=65536),
    "announces-what-it-cannot": ChipHabits(knows_extended=False),
    "announces-less-than-short": ChipHabits(buffer_bytes=200),
    "fetches": ChipHabits(fetches=True, buffer_bytes=None),
}


@pytest.mark.parametrize("habits", HABITS.values(), ids=list(HABITS))
@pytest.mark.parametrize("way_in", ["pace", "bac", "none"])
def test_every_habit_is_met(
    contents: Make, mrz: PacePassword, randomness: Randomness, habits: ChipHabits, way_in: str
) -> None:
    inside = contents(photo_bytes=600 if habits.files.longest_read == 1 else 5000)
    if way_in != "pace":
        inside = replace(inside, offers=(), has_bac=way_in == "bac")
    session = opened(EmrtdChip(inside, habits), mrz, randomness)
    # Whoever ends the session over every refusal must not be asked for what it has not: EF.COM tells.
    assert_all_is_read(session, inside, also_absent=not habits.refuses_in_the_clear)
    assert session.authenticate_chip(infos_of(session)) is ChipVerdict.PROVED
    assert_all_is_read(session, inside, also_absent=not habits.refuses_in_the_clear)


def test_no_more_is_asked_than_a_short_answer_holds_where_nothing_is_announced(
    contents: Make, mrz: PacePassword, randomness: Randomness
) -> None:
    chip = Counted(EmrtdChip(contents(photo_bytes=22_300), ChipHabits(buffer_bytes=None)))
    session = opened(chip, mrz, randomness)
    before = len(chip.heard)
    assert session.read_file(PHOTO) is not None
    assert len(chip.heard) - before == -(-(22_300 + 4) // 223)
    assert all(command[4] for command in chip.heard if len(command) > 5), "no extended length"


def test_as_much_is_asked_as_the_chip_announces(contents: Make, mrz: PacePassword, randomness: Randomness) -> None:
    chip = Counted(EmrtdChip(contents(photo_bytes=22_300), ChipHabits(buffer_bytes=4096)))
    session = opened(chip, mrz, randomness)
    before = len(chip.heard)
    assert session.read_file(PHOTO) is not None
    assert len(chip.heard) - before == -(-(22_300 + 4) // 4063)


@pytest.mark.parametrize("has_pace", [True, False], ids=["AES", "3DES"])
@pytest.mark.parametrize("beyond", [0, 31_800], ids=["near", "far"])
def test_a_last_part_of_any_length_is_read_without_opening_the_chip_once_more(
    contents: Make, mrz: PacePassword, randomness: Randomness, beyond: int, *, has_pace: bool
) -> None:
    for length in range(1000 + 200, 1000 + 290, 3):
        inside = contents(photo_bytes=beyond + length)
        chip = Counted(EmrtdChip(inside if has_pace else replace(inside, offers=())))
        session = opened(chip, mrz, randomness)
        before = len(chip.heard)
        assert session.read_file(PHOTO) == inside.application[PHOTO.identifier]
        assert len(chip.heard) - before <= -(-(beyond + length) // 970) + 2
        assert sum(command[:4] == bytes.fromhex("00A4000C") for command in chip.heard) == 1


every_fault = pytest.mark.parametrize("fault", ChannelFault, ids=lambda fault: fault.name)


@every_fault
@pytest.mark.parametrize("number", [1, 2, 9])
def test_an_answer_that_cannot_be_believed_is_not_and_the_chip_is_opened_once_more(
    contents: Make, mrz: PacePassword, randomness: Randomness, fault: ChannelFault, number: int
) -> None:
    inside = contents()
    chip = Counted(EmrtdChip(inside, ChipHabits(buffer_bytes=None), ChipFaults(answers={number: fault})))
    assert_all_is_read(opened(chip, mrz, randomness), inside)
    assert sum(command[:2] == b"\x00\x22" for command in chip.heard) == 2, "PACE began twice"


@every_fault
def test_a_chip_that_never_can_be_believed_is_given_up(
    contents: Make, mrz: PacePassword, randomness: Randomness, fault: ChannelFault
) -> None:
    always = ChipFaults(answers=dict.fromkeys(range(1, 10_000), fault))
    session = opened(EmrtdChip(contents(), ChipHabits(buffer_bytes=None), always), mrz, randomness)
    with pytest.raises(CardUnreadableError):
        session.read_file(PHOTO)


def test_an_application_that_cannot_be_selected_believably_is_not_opened(
    contents: Make, mrz: PacePassword, randomness: Randomness
) -> None:
    faults = ChipFaults(answers={0: ChannelFault.WRONG_CHECKSUM})
    with pytest.raises(SecureMessagingError):
        open_emrtd(way(EmrtdChip(contents(), faults=faults)), mrz, randomness)


PACE_FAULTS = {
    "wrong-token": PaceFaults(has_wrong_token=True),
    "echo": PaceFaults(echoes_key=True),
    "empty-nonce": PaceFaults(has_empty_nonce=True),
    "off-the-curve": PaceFaults(leaves_curve=True),
}


@pytest.mark.parametrize("faults", PACE_FAULTS.values(), ids=list(PACE_FAULTS))
def test_a_chip_that_breaks_a_rule_of_pace_is_never_believed(
    contents: Make, mrz: PacePassword, randomness: Randomness, faults: PaceFaults
) -> None:
    with pytest.raises(CardUnreadableError):
        open_emrtd(way(EmrtdChip(contents(), faults=ChipFaults(pace=faults))), mrz, randomness)


COMMANDS = 36


def everything(card: FaultyCard, contents: ChipContents, password: PacePassword, randomness: Randomness) -> None:
    session = opened(card, password, randomness)
    assert_all_is_read(session, contents)
    infos = infos_of(session)
    assert session.challenge_chip(public_key_of(session), infos) is ChipVerdict.PROVED
    assert session.authenticate_chip(infos) is ChipVerdict.PROVED
    assert session.read_file(LdsFile.COM) is not None


@pytest.fixture
def small(contents: Make) -> ChipContents:
    key = AgreementKey(ChipAuthenticationInfo(KeyAgreement.ECDH, Cipher.AES_128, 1, None), CURVES[12], 0xC0FFEE)
    return contents(offers=(PaceInfo(PaceMapping.ECDH_GENERIC, Cipher.AES_128, 12),), keys=(key,), photo_bytes=700)


def test_all_that_is_done_with_a_chip_takes_so_many_commands(
    small: ChipContents, mrz: PacePassword, randomness: Randomness
) -> None:
    card = FaultyCard(EmrtdChip(small, ChipHabits(buffer_bytes=None)))
    everything(card, small, mrz, randomness)
    assert card.commands == COMMANDS


@pytest.mark.parametrize("number", range(COMMANDS))
def test_a_chip_that_is_taken_away_or_falls_silent_at_any_command_is_said_to_be(
    small: ChipContents, mrz: PacePassword, randomness: Randomness, number: int
) -> None:
    def card() -> FaultyCard:
        return FaultyCard(EmrtdChip(small, ChipHabits(buffer_bytes=None)))

    with pytest.raises(CardRemovedError):
        everything(card().tear(number), small, mrz, randomness)
    with pytest.raises(CardRemovedError):
        everything(card().tear_answer(number), small, mrz, randomness)
    with pytest.raises(CardMuteError):
        everything(card().mute_after(number), small, mrz, randomness)


def public_key_of(session: EmrtdSession) -> bytes:
    content = session.read_file(LdsFile.DG15)
    assert content is not None
    return value_at(content, 0x6F)


def test_a_file_that_ends_early_is_refused(contents: Make, mrz: PacePassword, randomness: Randomness) -> None:
    inside = contents()
    cut = {**inside.application, 0x0102: inside.application[0x0102][:-100]}
    session = opened(EmrtdChip(replace(inside, application=cut)), mrz, randomness)
    with pytest.raises(CardUnreadableError):
        session.read_file(PHOTO)


def test_a_file_that_promises_more_than_any_file_has_is_refused(
    contents: Make, mrz: PacePassword, randomness: Randomness
) -> None:
    inside = contents()
    endless = {**inside.application, 0x0102: bytes.fromhex("7583FFFFFF") + bytes(5000)}
    session = opened(EmrtdChip(replace(inside, application=endless)), mrz, randomness)
    with pytest.raises(CardUnreadableError, match="a file of"):
        session.read_file(PHOTO)


def agreement_keys() -> dict[str, AgreementKey]:
    groups: dict[str, tuple[KeyAgreement, Curve | Residues]] = {
        f"ecdh-{number}": (KeyAgreement.ECDH, CURVES[number]) for number in (9, 10, 12, 13, 14, 17, 18)
    }
    groups |= {f"dh-{number}": (KeyAgreement.DH, group) for number, group in DH_GROUPS.items()}
    return {
        f"{name}-{cipher.name}": AgreementKey(ChipAuthenticationInfo(kind, cipher, 1, None), group, 0xC0FFEE)
        for name, (kind, group) in groups.items()
        for cipher in ((Cipher.TRIPLE_DES, Cipher.AES_128) if name != "ecdh-13" else tuple(Cipher))
    }


AGREEMENT_KEYS = agreement_keys()


@pytest.mark.parametrize("key", AGREEMENT_KEYS.values(), ids=list(AGREEMENT_KEYS))
@pytest.mark.parametrize("way_in", ["pace", "bac"])
def test_the_chip_is_authenticated_and_read_on(
    contents: Make, mrz: PacePassword, randomness: Randomness, key: AgreementKey, way_in: str
) -> None:
    inside = contents(keys=(key,), photo_bytes=3000)
    if way_in == "bac":
        inside = replace(inside, offers=())
    session = opened(EmrtdChip(inside), mrz, randomness)
    assert session.authenticate_chip(infos_of(session)) is ChipVerdict.PROVED
    assert_all_is_read(session, inside)


def test_an_older_chip_that_knows_general_authenticate_alone_is_authenticated(
    contents: Make, mrz: PacePassword, randomness: Randomness
) -> None:
    inside = contents(keys=(AGREEMENT_KEYS["ecdh-12-TRIPLE_DES"],))
    session = opened(EmrtdChip(inside, ChipHabits(has_key_agreement_template=False)), mrz, randomness)
    assert session.authenticate_chip(infos_of(session)) is ChipVerdict.PROVED


def test_among_several_keys_the_strongest_is_named(contents: Make, mrz: PacePassword, randomness: Randomness) -> None:
    keys = tuple(
        AgreementKey(ChipAuthenticationInfo(KeyAgreement.ECDH, cipher, 1, number), CURVES[12], 1000 + number)
        for number, cipher in enumerate((Cipher.TRIPLE_DES, Cipher.AES_256, Cipher.AES_128))
    )
    inside = contents(keys=keys)
    session = opened(EmrtdChip(inside), mrz, randomness)
    assert session.authenticate_chip(infos_of(session)) is ChipVerdict.PROVED
    assert_all_is_read(session, inside)


@pytest.mark.parametrize(
    "key", [AGREEMENT_KEYS["ecdh-13-AES_256"], AGREEMENT_KEYS["dh-0-TRIPLE_DES"]], ids=["aes", "3des"]
)
def test_a_copy_without_the_private_key_is_found_out(
    contents: Make, mrz: PacePassword, randomness: Randomness, key: AgreementKey
) -> None:
    copied = replace(contents(keys=(key,)), agreement_keys=(replace(key, private=key.private + 1),))
    chip = Counted(EmrtdChip(copied))
    session = opened(chip, mrz, randomness)
    assert session.authenticate_chip(infos_of(session)) is ChipVerdict.NOT_PROVED
    heard = len(chip.heard)
    with pytest.raises(SecureMessagingError):
        session.read_file(LdsFile.SOD)
    assert len(chip.heard) <= heard + 1, "it is not opened anew"


def test_a_copy_that_will_not_be_authenticated_is_found_out_too(
    contents: Make, mrz: PacePassword, randomness: Randomness
) -> None:
    session = opened(EmrtdChip(replace(contents(), agreement_keys=())), mrz, randomness)
    assert session.authenticate_chip(infos_of(session)) is ChipVerdict.NOT_PROVED


def test_a_chip_without_keys_is_not_authenticated(contents: Make, mrz: PacePassword, randomness: Randomness) -> None:
    inside = contents(keys=())
    session = opened(EmrtdChip(replace(inside, signer=None)), mrz, randomness)
    assert session.authenticate_chip(infos_of(session)) is ChipVerdict.NOT_OFFERED
    assert session.check_mapping(infos_of(session)) is ChipVerdict.NOT_OFFERED
    assert session.challenge_chip(b"\x30\x00") is ChipVerdict.NOT_OFFERED
    assert_all_is_read(session, inside)


def test_a_chip_that_signs_with_another_key_is_found_out(
    contents: Make, mrz: PacePassword, randomness: Randomness, signer: EcdsaSigner
) -> None:
    for other in (replace(signer, private=signer.private + 1), None):
        session = opened(EmrtdChip(replace(contents(), signer=other)), mrz, randomness)
        assert session.challenge_chip(public_key_of(session)) is ChipVerdict.NOT_PROVED


LONG_ANSWERS = {
    "extended": ChipHabits(),
    "extended-though-nothing-is-announced": ChipHabits(buffer_bytes=None),
    "by-61xx": ChipHabits(buffer_bytes=None, knows_extended=False, fetches=True),
}


@pytest.mark.parametrize("habits", LONG_ANSWERS.values(), ids=list(LONG_ANSWERS))
def test_a_signature_longer_than_a_short_answer_arrives(
    contents: Make, mrz: PacePassword, randomness: Randomness, habits: ChipHabits
) -> None:
    numbers = rsa.generate_private_key(65537, 2048).private_numbers()
    modulus = numbers.public_numbers.n
    signing = replace(contents(), signer=RsaSigner(modulus, numbers.d, "sha256", randomness))
    session = opened(EmrtdChip(signing, habits), mrz, randomness)
    assert session.challenge_chip(rsa_key_info(modulus, 65537)) is ChipVerdict.PROVED
    assert_all_is_read(session, signing)


def test_a_signature_that_a_chip_cannot_give_proves_nothing(
    contents: Make, mrz: PacePassword, randomness: Randomness
) -> None:
    numbers = rsa.generate_private_key(65537, 2048).private_numbers()
    modulus = numbers.public_numbers.n
    signing = replace(contents(), signer=RsaSigner(modulus, numbers.d, "sha256", randomness))
    session = opened(EmrtdChip(signing, ChipHabits(knows_extended=False, buffer_bytes=None)), mrz, randomness)
    with pytest.raises(SecureMessagingError):
        session.challenge_chip(rsa_key_info(modulus, 65537))


CAM = PaceInfo(PaceMapping.ECDH_CHIP_AUTHENTICATION, Cipher.AES_128, 12)


@pytest.mark.parametrize("form", [Form.EXPLICIT, Form.STANDARDISED], ids=lambda form: form.name)
def test_mapping_by_the_chips_own_key_proves_it(
    contents: Make, mrz: PacePassword, randomness: Randomness, form: Form
) -> None:
    own = AgreementKey(ChipAuthenticationInfo(KeyAgreement.ECDH, Cipher.AES_128, 1, 12), CURVES[12], 0xBEEF)
    other = replace(own, private=own.private + 1)
    inside = replace(contents(offers=(CAM,)), mapping_keys={12: own.private}, master={0x011D: b"\x30\x03\x02\x01\x05"})
    session = opened(EmrtdChip(inside), mrz, randomness)
    assert session.read_card_security() == b"\x30\x03\x02\x01\x05"
    assert session.check_mapping((own.public_info(form, 12),)) is ChipVerdict.PROVED
    assert session.check_mapping((other.public_info(form, 12),)) is ChipVerdict.NOT_PROVED
    renamed = replace(own, info=replace(own.info, key=13))
    assert session.check_mapping((renamed.public_info(form, 12),)) is ChipVerdict.NOT_PROVED
    assert session.check_mapping(()) is ChipVerdict.NOT_PROVED
    assert_all_is_read(session, inside)


@pytest.mark.parametrize(
    "files",
    [FileHabits(), FileHabits(has_short_identifiers=False), FileHabits(has_way_back=False)],
    ids=["no-file", "no-file-nor-short-identifiers", "no-way-back"],
)
def test_a_chip_without_card_security_is_read_on(
    contents: Make, mrz: PacePassword, randomness: Randomness, files: FileHabits
) -> None:
    inside = contents()
    session = opened(EmrtdChip(inside, ChipHabits(files=files)), mrz, randomness)
    assert session.read_card_security() is None
    assert_all_is_read(session, inside)


def test_the_password_is_left_to_its_owner(contents: Make, mrz: PacePassword, randomness: Randomness) -> None:
    before = bytes(mrz.secret)
    opened(EmrtdChip(contents()), mrz, randomness)
    assert bytes(mrz.secret) == before
    assert before.hex() not in repr(mrz)


def test_a_card_whose_password_was_wiped_is_not_opened_anew(
    contents: Make, mrz: PacePassword, randomness: Randomness
) -> None:
    chip = EmrtdChip(contents(), ChipHabits(buffer_bytes=None), ChipFaults(answers={3: ChannelFault.BARE_STATUS}))
    session = opened(chip, mrz, randomness)
    assert isinstance(mrz.secret, bytearray)
    mrz.secret[:] = bytes(20)
    with pytest.raises(CardUnreadableError):
        session.read_file(PHOTO)


def test_a_pin_is_a_password_as_any_other(contents: Make, randomness: Randomness) -> None:
    pin = PacePassword(PasswordReference.PIN, b"123456")
    inside = contents()
    chip = EmrtdChip(replace(inside, passwords={**inside.passwords, PasswordReference.PIN: b"123456"}))
    assert opened(chip, pin, randomness).read_file(LdsFile.COM) is not None
    with pytest.raises(UnexpectedStatusError):
        open_emrtd(way(EmrtdChip(inside)), pin, randomness)


def test_a_pin_is_never_given_twice_unasked(contents: Make, randomness: Randomness) -> None:
    pin = PacePassword(PasswordReference.PIN, b"123456")
    inside = contents()
    inside = replace(inside, passwords={**inside.passwords, PasswordReference.PIN: b"123456"})
    faults = ChipFaults(answers={2: ChannelFault.BARE_STATUS})
    chip = Counted(EmrtdChip(inside, ChipHabits(buffer_bytes=None), faults))
    session = opened(chip, pin, randomness)
    with pytest.raises(SecureMessagingError):
        session.read_file(PHOTO)
    assert sum(command[:2] == b"\x00\x22" for command in chip.heard) == 1


def test_after_pace_nothing_falls_back_to_the_older_way(
    contents: Make, mrz: PacePassword, randomness: Randomness
) -> None:
    refusing = FaultyCard(EmrtdChip(contents())).answer(8, b"\x69\x82")  # the SELECT of the application, in the clear
    with pytest.raises(SecureMessagingError):
        open_emrtd(way(refusing), mrz, randomness)
    assert refusing.commands == 9


@pytest.mark.parametrize("answer", ["9000", "6282", "6B00", "7F669000", "4703009000"])
def test_nothing_that_is_said_of_buffers_keeps_a_chip_from_being_read(
    contents: Make, mrz: PacePassword, randomness: Randomness, answer: str
) -> None:
    inside = contents()
    card = FaultyCard(EmrtdChip(inside)).answer(2, bytes.fromhex(answer))
    if answer in {"9000", "6282", "6B00"}:  # then it is asked for once more, the longer way
        card.answer(3, b"\x90\x00").answer(4, bytes.fromhex(answer))
    assert_all_is_read(opened(card, mrz, randomness), inside)


def test_every_command_after_opening_is_protected(contents: Make, mrz: PacePassword, randomness: Randomness) -> None:
    inside = contents()
    chip = Counted(EmrtdChip(inside))
    session = opened(chip, mrz, randomness)
    before = len(chip.heard)
    assert_all_is_read(session, inside)
    session.challenge_chip(public_key_of(session))
    session.authenticate_chip(infos_of(session))
    assert all(command[0] == 0x0C for command in chip.heard[before:])
    assert CommandApdu(0, 0xB0, 0, 0).encode() not in chip.heard
