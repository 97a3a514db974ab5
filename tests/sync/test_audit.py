# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The audit trail's catalogue is closed, and there is no field that a person fits in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_crypto import canonical
from townhall_sync.audit import Entry, Event, FactKind, check_facts

HASH = "ab" * 32
SAMPLES: dict[FactKind, int | str] = {
    FactKind.COUNT: 7,
    FactKind.HASH: HASH,
    FactKind.CODE: "TH-CENT-001",
    FactKind.NAME: "kiosk-1",
}


@pytest.mark.parametrize("event", list(Event), ids=lambda event: event.name)
def test_each_event_takes_exactly_its_facts(event: Event) -> None:
    assert event.value.name == event.name
    facts = {name: SAMPLES[kind] for name, kind in event.value.facts}
    assert check_facts(event, facts) == facts
    with pytest.raises(ValueError, match=event.name):
        check_facts(event, {**facts, "person": "x"})
    for name in facts:
        with pytest.raises(ValueError, match=event.name):
            check_facts(event, {each: value for each, value in facts.items() if each != name})


@pytest.mark.parametrize(
    "reason", ["Mari-Liis", "mari", "", "A B", "38001085718", "A" * 41, "ÕUN", "TH-CENT-001\n", 7, None, True]
)
def test_a_code_is_no_place_for_a_name(reason: object) -> None:
    with pytest.raises(ValueError, match="reason is no CODE"):
        check_facts(Event.KIOSK_REFUSED, {"reason": reason})  # type: ignore[dict-item]  # what a mistake would pass


@pytest.mark.parametrize("seconds", [-1, 10**16, 1.5, "1", True, None])
def test_a_count_is_a_whole_number(seconds: object) -> None:
    with pytest.raises(ValueError, match="seconds is no COUNT"):
        check_facts(Event.CLOCK_BACK, {"seconds": seconds})  # type: ignore[dict-item]  # what a mistake would pass


def test_a_refused_value_is_not_repeated_in_the_complaint() -> None:
    with pytest.raises(ValueError, match="no CODE") as caught:
        check_facts(Event.KIOSK_REFUSED, {"reason": "Mari-Liis Männik"})
    assert "Mari" not in str(caught.value)


@given(
    st.integers(min_value=0, max_value=2**53 - 1),
    st.integers(min_value=0, max_value=2**63 - 1),
    st.from_regex(FactKind.NAME.value, fullmatch=True),
    st.integers(min_value=0, max_value=10**15),
)
def test_a_stored_entry_is_canonical_json(wall: int, monotonic_ns: int, boot: str, count: int) -> None:
    entry = Entry("CLOCK_BACK", wall, str(monotonic_ns), boot, {"seconds": count, "name": boot})
    assert canonical.encode(canonical.decode(entry.to_bytes())) == entry.to_bytes()


def test_an_entrys_facts_are_read_by_their_type() -> None:
    entry = Entry("X", 1, "2", "b", {"count": 1, "text": "a"})
    assert (entry.count("count"), entry.text("text")) == (1, "a")
    for wrong in ("text", "none"):
        with pytest.raises(TypeError):
            entry.count(wrong)
    for wrong in ("count", "none"):
        with pytest.raises(TypeError):
            entry.text(wrong)
