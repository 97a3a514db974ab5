# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A PIN at a reader's own keys: what is asked, what each answer means, and which readers are not asked."""

from dataclasses import dataclass, field
from typing import Final

import pytest

from townhall_smartcard.apdu import Ins
from townhall_smartcard.errors import CardRemovedError, PinPadError
from townhall_smartcard.estonia import PINS
from townhall_smartcard.messages import PinRole
from townhall_smartcard.pin_format import PinEncoding, PinFacts
from townhall_smartcard.pin_pad.exclusions import PadPolicy
from townhall_smartcard.pin_pad.features import Feature, PadProperties
from townhall_smartcard.pin_pad.pad import GET_FEATURE_REQUEST, PadAbility, PinPad, find_keys
from townhall_smartcard.pin_pad.structures import EndsBy
from townhall_smartcard.pins import LENGTH, PinRefusal, PinRefusalReason

NAME: Final = "Vendor Keypad 00 00"
PIN1, PIN2 = PINS[PinRole.AUTHENTICATION], PINS[PinRole.SIGNATURE]
DIRECT: Final = {Feature.VERIFY_PIN_DIRECT: 0x42330006, Feature.MODIFY_PIN_DIRECT: 0x42330007}
IN_TWO: Final = {
    Feature.VERIFY_PIN_START: 0x42000801,
    Feature.VERIFY_PIN_FINISH: 0x42000802,
    Feature.MODIFY_PIN_START: 0x42000803,
    Feature.MODIFY_PIN_FINISH: 0x42000804,
}


@dataclass
class Told:
    """A reader that answers each control code as it was told to; one it knows nothing of, it refuses."""

    answers: dict[int, bytes]
    asked: list[tuple[int, bytes, float]] = field(default_factory=list)

    def control(self, code: int, data: bytes, entry_s: float = 0.0) -> bytes:
        self.asked.append((code, data, entry_s))
        if code not in self.answers:
            raise PinPadError("no such code")
        return self.answers[code]


def entered(status: str, features: dict[Feature, int] = DIRECT) -> int | PinRefusal:
    reader = Told({features.get(Feature.VERIFY_PIN_DIRECT, 0): bytes.fromhex(status)})
    return PinPad(reader, PadAbility(features), "en").verify(PIN1)


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        ("9000", 0x9000),
        ("63C2", 0x63C2),  # the card's own words
        ("6983", 0x6983),
        ("6400", PinRefusal(PinRefusalReason.TIMED_OUT)),
        ("6401", PinRefusal(PinRefusalReason.CANCELLED)),
        ("6402", PinRefusal(PinRefusalReason.DIFFERED)),
        ("6403", LENGTH),
    ],
)
def test_what_the_reader_says_is_told_from_what_the_card_says(status: str, meaning: int | PinRefusal) -> None:
    assert entered(status) == meaning


@pytest.mark.parametrize("status", ["6404", "6B80", "", "90", "009000"])
def test_a_reader_that_takes_no_entry_or_answers_nonsense_is_a_failure_of_the_reader(status: str) -> None:
    with pytest.raises(PinPadError):
        entered(status)


def test_an_entry_may_take_its_time_and_a_new_pin_three_times_that() -> None:
    reader = Told(dict.fromkeys(DIRECT.values(), b"\x90\x00"))
    pad = PinPad(reader, PadAbility(DIRECT), "et", 45)
    pad.verify(PIN1)
    pad.replace((Ins.CHANGE_REFERENCE_DATA, 0x00), PIN1, PIN1)
    assert [(code, entry_s) for code, _, entry_s in reader.asked] == [(0x42330006, 45.0), (0x42330007, 135.0)]
    assert [structure[0] for _, structure, _ in reader.asked] == [45, 45]


def test_a_reader_that_does_it_in_two_steps_is_asked_in_two() -> None:
    reader = Told(
        {0x42000801: b"", 0x42000802: b"\x63\xc1", 0x42000803: b"", 0x42000804: b"\x64\x02"},
    )
    pad = PinPad(reader, PadAbility(IN_TWO), "en")
    assert pad.verify(PIN2) == 0x63C1
    assert pad.replace((Ins.RESET_RETRY_COUNTER, 0x02), None, PIN2) == PinRefusal(PinRefusalReason.DIFFERED)
    assert [code for code, _, _ in reader.asked] == [0x42000801, 0x42000802, 0x42000803, 0x42000804]
    assert [data for _, data, _ in reader.asked][1::2] == [b"", b""]


def test_a_half_of_a_feature_is_none() -> None:
    half = {Feature.VERIFY_PIN_START: 1, Feature.MODIFY_PIN_FINISH: 2}
    assert not PadAbility(half).verifies(PIN1)
    assert not PadAbility(half).replaces(PIN1)
    with pytest.raises(PinPadError):
        PinPad(Told({}), PadAbility(half), "en").verify(PIN1)


@pytest.mark.parametrize(
    ("told", "is_taken"),
    [
        (PadProperties(), True),
        (PadProperties(shortest=4, longest=16), True),
        (PadProperties(shortest=0, longest=0), True),
        (PadProperties(longest=8), False),  # a PIN of nine digits is as good as one of four
        (PadProperties(shortest=5), False),
        (PadProperties(ends_by=EndsBy.KEY | EndsBy.LONGEST), True),
        (PadProperties(ends_by=EndsBy.LONGEST), False),  # 1234 would never end
        (PadProperties(ends_by=EndsBy.TIME), False),
    ],
)
def test_keys_at_which_some_holder_could_not_enter_a_pin_are_not_used(told: PadProperties, *, is_taken: bool) -> None:
    ability = PadAbility(DIRECT, told)
    assert ability.verifies(PIN1) == ability.replaces(PIN1) == is_taken


def test_a_pin_of_one_length_may_end_by_itself() -> None:
    assert PadAbility(DIRECT, PadProperties(ends_by=EndsBy.LONGEST)).verifies(PinFacts(0x01, 6, 6, 8, 0xFF))


def test_a_pin_that_no_reader_writes_is_not_asked_for_there() -> None:
    facts = PinFacts(0x01, 4, 8, 8, 0x00, PinEncoding.HALF_NIBBLE_BCD)
    assert not PadAbility(DIRECT).verifies(facts)


def features(**codes: int) -> bytes:
    return b"".join(bytes((Feature[name], 4)) + code.to_bytes(4, "big") for name, code in codes.items())


def test_a_reader_without_control_codes_has_no_keys() -> None:
    assert find_keys(Told({}), NAME, PadPolicy()) is None
    assert find_keys(Told({GET_FEATURE_REQUEST: b""}), NAME, PadPolicy()) is None
    only_properties = {GET_FEATURE_REQUEST: features(IFD_PIN_PROPERTIES=7), 7: bytes(4)}
    assert find_keys(Told(only_properties), NAME, PadPolicy()) is None


def test_keys_are_found_with_what_the_reader_says_of_itself() -> None:
    both = features(VERIFY_PIN_DIRECT=6, IFD_PIN_PROPERTIES=7, GET_TLV_PROPERTIES=8)
    reader = Told({GET_FEATURE_REQUEST: both, 7: bytes(4), 8: bytes.fromhex("01020000 070110")})
    found = find_keys(reader, NAME, PadPolicy())
    assert found is not None
    assert found.told == PadProperties(has_display=False, longest=16)
    assert found.verifies(PIN1)
    assert not found.replaces(PIN1)


def test_a_reader_that_does_not_tell_its_properties_has_keys_still() -> None:
    found = find_keys(
        Told({GET_FEATURE_REQUEST: features(VERIFY_PIN_DIRECT=6, GET_TLV_PROPERTIES=8)}), NAME, PadPolicy()
    )
    assert found is not None
    assert found.told == PadProperties()


@pytest.mark.parametrize("answer", [b"\x06\x04\x42", features(VERIFY_PIN_DIRECT=6) * 2])
def test_a_reader_that_answers_nonsense_has_no_keys(answer: bytes) -> None:
    assert find_keys(Told({GET_FEATURE_REQUEST: answer}), NAME, PadPolicy()) is None


def test_a_model_that_only_says_that_it_has_keys_is_not_asked_for_a_pin() -> None:
    both = features(VERIFY_PIN_DIRECT=6, GET_TLV_PROPERTIES=8)
    reader = Told({GET_FEATURE_REQUEST: both, 8: bytes.fromhex("0B026B07 0C023130")})
    assert find_keys(reader, NAME, PadPolicy()) is None


def test_a_reader_that_the_operator_excluded_is_not_even_asked() -> None:
    reader = Told({GET_FEATURE_REQUEST: features(VERIFY_PIN_DIRECT=6)})
    assert find_keys(reader, NAME, PadPolicy(is_used=False)) is None
    assert find_keys(reader, NAME, PadPolicy(excluded=("Vendor",))) is None
    assert reader.asked == []
    assert find_keys(reader, NAME, PadPolicy(excluded=("Other",))) is not None


def test_a_reader_that_leaves_while_it_is_asked_is_no_reader_without_keys() -> None:
    class Leaving(Told):
        def control(self, code: int, data: bytes, entry_s: float = 0.0) -> bytes:
            super().control(code, data, entry_s)
            raise CardRemovedError

    with pytest.raises(CardRemovedError):
        find_keys(Leaving({GET_FEATURE_REQUEST: b""}), NAME, PadPolicy())
