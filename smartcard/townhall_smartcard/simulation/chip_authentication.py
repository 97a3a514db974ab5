# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Chip Authentication as a chip does it (ICAO 9303-11 §6.2), for the simulated cards."""

from typing import Final

from townhall_smartcard.emrtd.cipher import Cipher, SessionKeys
from townhall_smartcard.emrtd.pace import DYNAMIC_AUTHENTICATION
from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.simulation.card_command import Answer, Command
from townhall_smartcard.simulation.chip_keys import AgreementKey
from townhall_smartcard.status import StatusWord
from townhall_smartcard.tlv import encode, parse_all, value_at


class ChipAuthenticator:
    """The chip's static keys, and which one is chosen."""

    def __init__(self, keys: tuple[AgreementKey, ...], *, has_key_agreement_template: bool = True) -> None:
        self._keys: Final = keys
        self._has_key_agreement_template: Final = has_key_agreement_template
        self._chosen: AgreementKey | None = None
        self._session_keys: SessionKeys | None = None

    def reset(self) -> None:
        """Forget what was chosen."""
        self._chosen = self._session_keys = None

    def set_template(self, command: Command) -> Answer:
        """MSE: Set KAT agrees at once; MSE: Set AT chooses for GENERAL AUTHENTICATE."""
        try:
            objects = {each.tag: each.value for each in parse_all(command.data)}
        except CardUnreadableError:
            return Answer(StatusWord.WRONG_DATA)
        reference = objects.get(0x84)
        match command.parameters:
            case (0x41, 0xA6) if self._has_key_agreement_template:
                triple_des = [each for each in self._keys if each.info.cipher is Cipher.TRIPLE_DES]
                return self._agreed(_only(triple_des, reference), objects.get(0x91, b""), b"")
            case (0x41, 0xA4):
                named = [each for each in self._keys if each.info.identifier == objects.get(0x80)]
                self._chosen = _only(named, reference)
                return Answer() if self._chosen is not None else Answer(StatusWord.REFERENCE_NOT_FOUND)
            case _:
                return Answer(StatusWord.WRONG_PARAMETERS)

    def authenticate(self, command: Command) -> Answer:
        """GENERAL AUTHENTICATE with the terminal's key."""
        chosen, self._chosen = self._chosen, None
        try:
            public_key = value_at(command.data, DYNAMIC_AUTHENTICATION, 0x80)
        except CardUnreadableError:
            return Answer(StatusWord.WRONG_DATA)
        return self._agreed(chosen, public_key, encode(DYNAMIC_AUTHENTICATION, b""))

    def take_keys(self) -> SessionKeys | None:
        """Return the keys that the step just done led to, once."""
        keys, self._session_keys = self._session_keys, None
        return keys

    def _agreed(self, key: AgreementKey | None, public_key: bytes, data: bytes) -> Answer:
        if key is None:
            return Answer(StatusWord.REFERENCE_NOT_FOUND)
        try:
            self._session_keys = key.agree(public_key)
        except CardUnreadableError:
            return Answer(StatusWord.WRONG_DATA)
        return Answer(data=data)


def _only(keys: list[AgreementKey], reference: bytes | None) -> AgreementKey | None:
    """Return the key that is named, or the one there is."""
    if reference is not None:
        keys = [each for each in keys if each.info.key == int.from_bytes(reference, "big")]
    return keys[0] if len(keys) == 1 else None
