# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who holds a German card: an eID server is told, within its rights, and nobody else; BSI's example too."""

from dataclasses import replace
from datetime import date
from typing import Final

import pytest
from tests.smartcard.using_cards import BREAKS, PULLED_BEFORE_THE_ANSWER

from townhall_smartcard.apdu import CommandApdu
from townhall_smartcard.emrtd.elliptic import Curve
from townhall_smartcard.errors import CardError, CardUnsupportedError, EidServerError
from townhall_smartcard.messages import CardStatement
from townhall_smartcard.national.eid_server import CardChallenge, EidServer, TerminalChain
from townhall_smartcard.national.german_codes import AccessNumberNeeded, GermanCodes, Opened
from townhall_smartcard.national.german_identity import (
    ChipNotProved,
    IdentityOutcome,
    NeedsTerminalCertificate,
    TerminalRefused,
    compressed,
    identify,
)
from townhall_smartcard.pins import PinRefusal, PinRefusalReason
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.chip_terminal import keys_of_second_version, token_of_second_version
from townhall_smartcard.simulation.cvc import is_signed, key_at, parse_certificate, without_tag
from townhall_smartcard.simulation.eid_server import READ_NAMES, EidState, SimulatedEidServer, eid_groups
from townhall_smartcard.simulation.faulty_card import FaultyCard
from townhall_smartcard.simulation.german_card import GermanChip
from townhall_smartcard.simulation.german_contents import (
    CAN,
    CHIP_AUTHENTICATION,
    PIN,
    GermanHabits,
    GermanSecrets,
)
from townhall_smartcard.simulation.vpcd import VirtualCard
from townhall_smartcard.tlv import value_at

STATE: Final = EidState()
BORN: Final = date(1964, 8, 12)
ERIKA: Final = eid_groups("ERIKA", "MUSTERMANN", BORN)
BEHIND: Final = STATE.card(ERIKA)
TOLD: Final = CardStatement(surname="MUSTERMANN", given_names="ERIKA", birth_date=BORN)


def card(secrets: GermanSecrets | None = None, state: EidState = STATE) -> GermanChip:
    return GermanChip(secrets, identity=BEHIND if state is STATE else state.card(ERIKA))


def identified(
    chip: VirtualCard, server: EidServer | None, pin: bytes = PIN, can: bytes | None = None, *, confirmed: bool = False
) -> IdentityOutcome:
    entered, number = bytearray(pin), None if can is None else bytearray(can)
    try:
        return identify(processors_for(chip), server, entered, number, last_try_confirmed=confirmed)
    finally:
        assert not any(entered + (number or b"")), "wiped"


class Server(SimulatedEidServer):
    """A server that lies where a test says so."""

    signature: bytes | None = None
    order = 1
    insists = False

    def sign(self, challenge: CardChallenge) -> bytes:
        return super().sign(challenge) if self.signature is None else self.signature

    def chain(self, authorities: tuple[bytes, ...]) -> TerminalChain | None:
        found = super().chain((self._state.root.name,) if self.insists else authorities)
        return None if found is None else replace(found, certificates=found.certificates[:: self.order])


def lying(state: EidState = STATE, rights: int = READ_NAMES, ends: str = "991231", asked: int | None = None) -> Server:
    made = state.server(rights, ends)
    return Server(state, made._holders, rights if asked is None else asked)


def test_without_a_server_nobody_is_told_and_no_code_is_used() -> None:
    chip = FaultyCard(card())
    assert identified(chip, None, can=CAN) == NeedsTerminalCertificate()
    assert chip.commands == 0


def test_a_server_with_a_chain_that_the_card_trusts_is_told_the_holder() -> None:
    chip = card()
    assert identified(chip, STATE.server()) == TOLD
    assert chip.secrets.tries == 3


def test_a_suspended_pin_leads_there_too_with_the_access_number() -> None:
    chip = card(GermanSecrets(tries=1))
    assert identified(chip, STATE.server(), confirmed=True) == AccessNumberNeeded()
    assert identified(chip, STATE.server(), can=CAN, confirmed=True) == TOLD


def test_a_wrong_pin_is_told_as_one_and_counted_once() -> None:
    chip = card()
    assert identified(chip, STATE.server(), b"141421") == PinRefusal(PinRefusalReason.WRONG, 2)


@pytest.mark.parametrize("number", [4, 5, 8])
def test_only_what_certificate_and_session_both_allow_is_read(number: int) -> None:
    one = 1 << 8 + number - 1
    for server in (lying(rights=one), lying(rights=one, asked=READ_NAMES), lying(asked=one)):
        told = identified(card(), server)
        assert isinstance(told, CardStatement)
        assert (told.given_names != "", told.surname != "", told.birth_date is not None) == (
            number == 4,
            number == 5,
            number == 8,
        )


def test_a_server_of_another_state_is_told_nothing() -> None:
    stranger = EidState(root=replace(EidState().root, name=b"XXTESTeID00001"))
    assert identified(card(), stranger.server()) == NeedsTerminalCertificate()


def test_a_chain_by_somebody_with_the_same_name_is_refused() -> None:
    assert identified(card(), EidState().server()) == TerminalRefused("PSO VERIFY CERTIFICATE", 0x6300)


def test_a_chain_that_the_card_does_not_know_is_refused_if_a_server_insists() -> None:
    stranger = replace(EidState().root, name=b"XXTESTeID00001")
    server = lying(EidState(root=stranger))
    server.insists = True
    assert identified(card(), server) == TerminalRefused("MSE SET DST", 0x6A88)


def test_certificates_in_another_order_are_refused() -> None:
    server = lying()
    server.order = -1
    assert identified(card(), server) == TerminalRefused("MSE SET DST", 0x6A88)


def test_a_certificate_that_is_over_is_refused() -> None:
    assert identified(card(), lying(ends="260101")) == TerminalRefused("PSO VERIFY CERTIFICATE", 0x6300)


@pytest.mark.parametrize("signature", [bytes(64), b"\x01" * 64, b"\x01", b"\x01" * 63])
def test_a_signature_by_nobody_is_refused(signature: bytes) -> None:
    server = lying()
    server.signature = signature
    assert identified(card(), server) == TerminalRefused("EXTERNAL AUTHENTICATE", 0x6300)


def test_a_chip_without_the_key_that_the_state_signed_is_found_out() -> None:
    copy = replace(BEHIND, card_security=STATE.card(ERIKA).card_security)
    assert identified(GermanChip(identity=copy), STATE.server()) == ChipNotProved()


def test_a_key_that_another_state_signed_is_none() -> None:
    other = replace(BEHIND, card_security=EidState().card(ERIKA).card_security)
    assert identified(GermanChip(identity=other), STATE.server()) == ChipNotProved()
    unsigned = replace(BEHIND, card_security=b"\x30\x03\x02\x01\x00")
    assert identified(GermanChip(identity=unsigned), STATE.server()) == ChipNotProved()


def test_a_card_that_offers_no_second_chip_authentication_is_not_served() -> None:
    chip = GermanChip(habits=GermanHabits(shows_versions=False), identity=BEHIND)
    with pytest.raises(CardUnsupportedError):
        identified(chip, STATE.server())


def test_no_data_group_is_shown_to_whoever_only_has_the_pin() -> None:
    chip = card()
    opened = GermanCodes(processors_for(chip)).enter(bytearray(PIN), last_try_confirmed=False)
    assert isinstance(opened, Opened)
    selected = opened.channel.exchange(CommandApdu(0x00, 0xA4, 0x04, 0x0C, bytes.fromhex("E80704007F00070302")))
    assert selected.is_ok
    for number in range(1, 22):
        answer = opened.channel.exchange(CommandApdu(0x00, 0xB0, 0x80 | number, 0x00, le=0xDF))
        assert (answer.status, answer.data) == (0x6982, b"")
    assert opened.session.authorities == ()


@pytest.mark.parametrize("how", [*BREAKS, *PULLED_BEFORE_THE_ANSWER])
def test_a_card_that_fails_at_any_command_tells_nobody(how: str) -> None:
    break_at = {**BREAKS, **PULLED_BEFORE_THE_ANSWER}[how][0]
    whole = FaultyCard(card())
    assert identified(whole, STATE.server()) == TOLD
    for index in range(whole.commands):
        chip = card()
        try:
            outcome = identified(break_at(FaultyCard(chip), index), STATE.server())
        except CardError:
            outcome = None
        assert outcome in (None, TOLD) or isinstance(outcome, TerminalRefused), (index, outcome)
        assert outcome != TOLD or index < 2, "SELECT of the master file alone may be left out"
        assert chip.secrets.tries >= 2


def test_a_server_that_breaks_off_names_nobody_and_costs_no_try() -> None:
    chip, server = card(), lying()
    server.is_cut = True
    with pytest.raises(EidServerError):
        identified(chip, server)
    assert chip.secrets.tries == 3


# BSI's worked example


def test_the_chain_of_the_worked_example_verifies(bsi_runs: dict[str, dict[str, str]]) -> None:
    facts = bsi_runs["ecdh"]
    verifier, terminal = (parse_certificate(without_tag(bytes.fromhex(facts[name]))) for name in ("dv_cert", "ta_cert"))
    root = value_at(bytes.fromhex(facts["cvca_cert"]), 0x7F21, 0x7F4E, 0x7F49)  # its rights are another terminal's
    above = (value_at(root, 0x06), key_at(value_at(root, 0x86)))
    for each in (verifier, terminal):
        assert each.is_signed_by(*above)
        assert not replace(each, body=each.body[:-1] + b"\x09").is_signed_by(*above)
        above = (each.protocol, each.public_key)
    assert terminal.authority == verifier.holder
    assert (verifier.rights >> 38, terminal.rights >> 38) == (2, 0)


def test_what_a_terminal_signs_is_what_it_signed_in_the_worked_example(bsi_runs: dict[str, dict[str, str]]) -> None:
    facts = {name: bytes.fromhex(value) for name, value in bsi_runs["ecdh"].items()}
    terminal = parse_certificate(without_tag(facts["ta_cert"]))
    challenge = CardChallenge(compressed(facts["picc_pub_key"]), facts["ta_nonce"], compressed(facts["ca_pcd_pub_key"]))
    assert is_signed(terminal.protocol, terminal.public_key, challenge.signed_bytes(), facts["ta_pcd_signature"])


def test_the_keys_and_the_token_of_chip_authentication_are_those_of_the_worked_example(
    bsi_runs: dict[str, dict[str, str]],
) -> None:
    facts = {name: bytes.fromhex(value) for name, value in bsi_runs["ecdh"].items()}
    keys = keys_of_second_version(CHIP_AUTHENTICATION, facts["ca_shared_secret_k"], facts["ca_nonce"])
    assert (keys.encryption, keys.checksum) == (facts["ca_k_enc"], facts["ca_k_mac"])
    assert token_of_second_version(CHIP_AUTHENTICATION, keys, facts["ca_pcd_pub_key"]) == facts["ca_picc_token"]
    assert isinstance(BEHIND.key.group, Curve)
