# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A card that offers T=0 alone, at a real PC/SC service: answers are fetched with 61xx and asked again with 6Cxx."""

import asyncio

from townhall_smartcard.connection import RawCommand
from townhall_smartcard.messages import CardContents, CardFamily, Signed
from townhall_smartcard.simulation.delivery import Delivery
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.stack import card_process, virtual_reader_name
from townhall_smartcard.simulation.vpcd import VirtualReader


class T0Card:
    """A card behind an ATR without a TD byte: T=0 alone (ISO/IEC 7816-3 §8.2.3); it is found by its AID."""

    atr = bytes.fromhex("3B021450")

    def __init__(self, card: EstonianCard) -> None:
        self._card = card

    def transmit(self, command: RawCommand) -> bytes:
        return self._card.transmit(command)

    def reset(self) -> None:
        self._card.reset()


def test_a_card_of_t0_is_found_read_and_signs(kadri_keys: CardKeys) -> None:
    name = virtual_reader_name(0)

    async def scene(service: PrivatePcscd) -> None:
        async with card_process(service.environment) as running:
            await running.until_card(name, CardFamily.ESTEID_2018)
            assert isinstance(await running.client.read(name), CardContents)
            assert isinstance(await running.client.sign(name, bytearray(b"12345"), bytes(48)), Signed)

    with PrivatePcscd() as service, VirtualReader(None, "127.0.0.1", service.ports[0]) as reader:
        reader.insert(T0Card(EstonianCard(KADRI, kadri_keys, delivery=Delivery.FETCHED)))
        asyncio.run(scene(service))
