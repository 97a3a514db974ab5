# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""From slots to what the visit is told."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.inventory import Inventory
from townhall_smartcard.messages import CardFamily, Reader, ReadersChanged, ServiceChanged
from townhall_smartcard.slots import Slot

ESTONIAN = bytes.fromhex("3BDB960080B1FE451F830012233F536549440F9000F1")
GEMALTO = bytes.fromhex("3BFA1800008031FE45FE654944202F20504B4903")
UNKNOWN = bytes.fromhex("3B0102")

EMPTY = Slot("A", is_occupied=False)
FULL = Slot("A", is_occupied=True, atr=ESTONIAN, changes=1)
STRANGER = replace(FULL, atr=UNKNOWN)


def told(reader: str, family: CardFamily | None, atr: bytes = b"") -> ReadersChanged:
    return ReadersChanged((Reader(reader, family, atr),))


def test_the_first_look_tells_of_the_service_and_of_all_readers() -> None:
    assert Inventory().see((EMPTY,)) == [ServiceChanged(is_running=True), told("A", None)]
    assert Inventory().see(None) == [ServiceChanged(is_running=False), ReadersChanged(())]


def test_a_card_is_told_by_its_atr() -> None:
    inventory = Inventory()
    inventory.see((EMPTY,))
    assert inventory.see((FULL,)) == [told("A", CardFamily.ESTEID_2018, ESTONIAN)]
    assert inventory.family_in("A") is CardFamily.ESTEID_2018
    assert inventory.see((EMPTY,)) == [told("A", None)]
    assert inventory.see((replace(FULL, atr=GEMALTO),)) == [told("A", CardFamily.TOO_OLD, GEMALTO)]


def test_a_card_without_a_sign_of_life_is_dead() -> None:
    for slot in (replace(FULL, atr=b""), replace(FULL, is_mute=True)):
        inventory = Inventory()
        inventory.see((slot,))
        assert inventory.family_in("A") is CardFamily.DEAD
        assert inventory.unprobed() == ()


def test_nothing_new_is_nothing_told() -> None:
    inventory = Inventory()
    inventory.see((FULL,))
    assert inventory.see((FULL,)) == []


def test_an_exchange_between_two_looks_is_told_as_removal_and_insertion() -> None:
    inventory = Inventory()
    inventory.see((FULL,))
    assert inventory.see((replace(FULL, changes=3),)) == [
        told("A", None),
        told("A", CardFamily.ESTEID_2018, ESTONIAN),
    ]


def test_an_exchange_in_one_reader_leaves_the_card_in_the_other() -> None:
    inventory, other = Inventory(), replace(FULL, name="B")
    inventory.see((FULL, other))
    news = inventory.see((replace(FULL, changes=3), other))
    in_b = Reader("B", CardFamily.ESTEID_2018, ESTONIAN)
    assert news[0] == ReadersChanged((Reader("A", None), in_b))
    assert news[1] == ReadersChanged((Reader("A", CardFamily.ESTEID_2018, ESTONIAN), in_b))


def test_a_card_of_unknown_atr_is_told_after_its_probe() -> None:
    inventory = Inventory()
    inventory.see((EMPTY,))
    assert inventory.see((STRANGER,)) == []
    assert inventory.unprobed() == (STRANGER,)
    assert inventory.probed(STRANGER, CardFamily.FOREIGN) == [told("A", CardFamily.FOREIGN, UNKNOWN)]
    assert inventory.unprobed() == ()


def test_a_probe_that_ends_after_its_card_left_is_forgotten() -> None:
    inventory = Inventory()
    inventory.see((STRANGER,))
    inventory.see((EMPTY,))
    assert inventory.probed(STRANGER, CardFamily.ESTEID_2018) == []
    inventory.see((replace(STRANGER, changes=3),))
    assert inventory.unprobed() == (replace(STRANGER, changes=3),), "the same kind of card, but another card"


def test_when_the_service_goes_all_readers_go_with_it() -> None:
    inventory = Inventory()
    inventory.see((FULL,))
    assert inventory.see(None) == [ServiceChanged(is_running=False), ReadersChanged(())]
    assert (inventory.family_in("A"), inventory.is_running) == (None, False)
    assert inventory.see((FULL,)) == [ServiceChanged(is_running=True), told("A", CardFamily.ESTEID_2018, ESTONIAN)]


def test_a_card_lost_during_an_operation_is_told_as_removed_before_the_service_notices() -> None:
    inventory = Inventory()
    inventory.see((FULL,))
    assert inventory.lost("A") == (FULL, [told("A", None)])
    assert inventory.family_in("A") is None
    assert inventory.unprobed() == ()
    assert inventory.see((FULL,)) == []
    assert inventory.see((EMPTY,)) == []
    assert inventory.see((replace(FULL, changes=3),)) == [told("A", CardFamily.ESTEID_2018, ESTONIAN)]
    assert inventory.returned(FULL) == [], "too late: it had left"


def test_a_lost_card_that_the_service_never_missed_is_told_as_put_back() -> None:
    inventory = Inventory()
    inventory.see((FULL,))
    slot, _ = inventory.lost("A")
    assert slot is not None
    assert inventory.returned(slot) == [told("A", CardFamily.ESTEID_2018, ESTONIAN)]


def test_an_empty_reader_loses_nothing() -> None:
    inventory = Inventory()
    inventory.see((EMPTY,))
    assert inventory.lost("A") == inventory.lost("no such reader") == (None, [])


SLOTS = st.builds(
    Slot,
    name=st.sampled_from("AB"),
    is_occupied=st.booleans(),
    atr=st.sampled_from([b"", ESTONIAN, GEMALTO, UNKNOWN]),
    is_mute=st.booleans(),
    changes=st.integers(0, 3),
)
LOOKS = st.none() | st.lists(SLOTS, max_size=2, unique_by=lambda slot: slot.name).map(tuple)


@given(st.lists(LOOKS, max_size=12))
def test_no_card_ever_becomes_another_without_leaving_in_between(looks: list[tuple[Slot, ...] | None]) -> None:
    inventory, seen = Inventory(), dict[str, tuple[int, CardFamily | None]]()
    shown: dict[str, CardFamily | None] = {}
    for look in looks:
        was = dict(seen)
        news = inventory.see(look)
        states = [message for message in news if isinstance(message, ReadersChanged)]
        for slot in look or ():
            before = was.get(slot.name)
            if before and before[0] != slot.changes and shown.get(slot.name) and slot.is_occupied:
                in_between = [reader.card for reader in states[0].readers if reader.name == slot.name]
                assert in_between == [None]
        seen = {slot.name: (slot.changes, None) for slot in look or () if slot.is_occupied}
        for state in states:
            shown = {reader.name: reader.card for reader in state.readers}
