# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Zones as people and readers that play a keyboard type them: read whole, or each mistake told with its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.emrtd.lds.mrz import Checked, Mrz
from townhall_smartcard.emrtd.lds.mrz_layout import DIGITS_ONLY, LAYOUTS, WHOLES, MrzField, MrzSize
from townhall_smartcard.emrtd.mrz_entry import (
    MOST_MISTAKES,
    Framing,
    MrzFault,
    MrzMistake,
    Place,
    TypedZone,
    ZoneRefused,
    is_complete,
    read_entry,
)
from townhall_smartcard.simulation.lds_files import Holder, td1, td3

TD3 = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
TD1 = ("I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<")
TD2 = ("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6")
LONG_TD1 = ("I<UTOD23145890<7349<<<<<<<<<<<", "3407127M9507122UTO<<<<<<<<<<<2", "STEVENSON<<PETER<JOHN<<<<<<<<<")
LONG_TD2 = ("I<UTOSTEVENSON<<PETER<JOHN<<<<<<<<<<", "D23145890<UTO3407127M95071227349<<<8")
ZONES = (TD1, TD2, TD3, LONG_TD1, LONG_TD2)


def zone(typed: str, framing: Framing | None = None) -> Mrz:
    entry = read_entry(typed) if framing is None else read_entry(typed, framing)
    assert isinstance(entry, TypedZone), entry
    return entry.zone


def mistakes(typed: str) -> tuple[MrzMistake, ...]:
    entry = read_entry(typed)
    assert isinstance(entry, ZoneRefused)
    assert entry.mistakes
    return entry.mistakes


def exchanged(lines: tuple[str, ...], line: int, sign: int, other: str) -> str:
    """The zone with one sign typed wrong; counted as people do."""
    wrong = lines[line - 1][: sign - 1] + other + lines[line - 1][sign:]
    return "\n".join((*lines[: line - 1], wrong, *lines[line:]))


@pytest.mark.parametrize("lines", ZONES, ids=lambda lines: f"{len(lines)} x {len(lines[0])} {lines[0][:15]}")
@pytest.mark.parametrize(
    "typed",
    [
        "{0}",  # one behind the other
        "\r",
        "\r\n",
        "\n\n",
        "\t",
        "\x1d",
        " \n ",
    ],
    ids=repr,
)
def test_lines_come_apart_in_many_ways(lines: tuple[str, ...], typed: str) -> None:
    whole = "".join(lines) if typed == "{0}" else typed.join(lines)
    assert zone(whole) == zone("\n".join(lines))
    assert zone(whole.lower()) == zone(whole)
    assert zone(f"\x02{whole}\x03\r") == zone(whole), "start and end of text"
    assert is_complete(whole)


def test_what_a_reader_is_set_up_to_send_around_the_zone_is_left_out() -> None:
    framed = "]X0" + "\r".join(TD3) + "#END\r\n"
    assert zone(framed, Framing("]X0", "#END")) == zone("".join(TD3))
    assert {each.fault for each in mistakes(framed)} == {MrzFault.SIGN}


@pytest.mark.parametrize("lines", ZONES, ids=lambda lines: lines[0][:15])
def test_a_zone_is_complete_at_its_last_sign_and_not_before(lines: tuple[str, ...]) -> None:
    typed = "\n".join(lines)
    assert [end for end in range(len(typed) + 1) if is_complete(typed[:end])] == [len(typed)]


@pytest.mark.parametrize("typed", ["", "  \r\n", "\x02\x03"])
def test_nothing_typed_is_told(typed: str) -> None:
    assert mistakes(typed) == (MrzMistake(MrzFault.EMPTY, Place(0, 0)),)


@pytest.mark.parametrize("other", ["-", "«", "\uff10", "É", "\u0131", ";", "ß", "\u0660"])
def test_a_sign_that_no_zone_has_is_told_with_its_place(other: str) -> None:
    assert mistakes(exchanged(TD2, 2, 14, other)) == (MrzMistake(MrzFault.SIGN, Place(2, 14)),)


@pytest.mark.parametrize(
    ("typed", "where", "wanted"),
    [
        ("\n".join((TD1[0], TD1[1] + "<", TD1[2])), Place(2, 31), 30),
        ("\n".join((TD3[0][:-2], TD3[1])), Place(1, 42), 44),
        ("\n".join((TD2[0], TD2[1][:-1])), Place(2, 35), 36),
        ("".join(TD3)[:-1], Place(0, 87), 88),
        ("".join(TD2) + "<", Place(0, 73), 72),
        ("\n".join((*TD1, "<")), Place(4, 1), 0),
        ("L898902C36", Place(0, 10), 72),
    ],
)
def test_a_line_too_long_or_too_short_is_told_with_its_length(typed: str, where: Place, wanted: int) -> None:
    assert mistakes(typed) == (MrzMistake(MrzFault.LENGTH, where, wanted=wanted),)


def test_a_sign_that_slipped_into_the_other_line_is_no_zone() -> None:
    """Together they would have the right length."""
    slipped = (TD3[0] + TD3[1][0], TD3[1][1:])
    assert {(each.fault, each.at.line) for each in mistakes("\n".join(slipped))} == {
        (MrzFault.LENGTH, 1),
        (MrzFault.LENGTH, 2),
    }


@pytest.mark.parametrize("lines", [TD1, TD2, TD3], ids=["TD1", "TD2", "TD3"])
def test_an_o_for_a_zero_is_never_mended_wherever_only_digits_stand(lines: tuple[str, ...]) -> None:
    size = zone("".join(lines)).size
    for field in DIGITS_ONLY:
        for span in (LAYOUTS[size][field],) if field in LAYOUTS[size] else ():
            for at in range(span.start, span.end):
                found = mistakes(exchanged(lines, span.line + 1, at + 1, "O"))
                assert found == (MrzMistake(MrzFault.LETTER_FOR_DIGIT, Place(span.line + 1, at + 1)),)


@pytest.mark.parametrize(("line", "sign"), [(1, 3), (1, 6), (1, 20), (2, 11), (2, 21)])
def test_a_zero_for_an_o_is_told_where_only_letters_stand(line: int, sign: int) -> None:
    assert mistakes(exchanged(TD3, line, sign, "0")) == (MrzMistake(MrzFault.DIGIT_FOR_LETTER, Place(line, sign)),)


def test_all_mistakes_are_told_in_the_order_of_reading() -> None:
    typed = exchanged(TD3, 1, 6, "3").split("\n")
    typed[1] = typed[1][:13] + "7A0812" + typed[1][19:]
    assert [(each.fault, each.at) for each in mistakes("\n".join(typed))] == [
        (MrzFault.DIGIT_FOR_LETTER, Place(1, 6)),
        (MrzFault.LETTER_FOR_DIGIT, Place(2, 15)),
    ]


@pytest.mark.parametrize(
    ("lines", "wrong", "about", "digit"),
    [
        (TD1, (1, 7), Checked.DOCUMENT_NUMBER, Place(1, 15)),
        (TD1, (2, 1), Checked.BIRTH, Place(2, 7)),
        (TD1, (2, 14), Checked.EXPIRY, Place(2, 15)),
        (TD2, (2, 5), Checked.DOCUMENT_NUMBER, Place(2, 10)),
        (TD2, (2, 15), Checked.BIRTH, Place(2, 20)),
        (TD2, (2, 22), Checked.EXPIRY, Place(2, 28)),
        (TD3, (2, 2), Checked.DOCUMENT_NUMBER, Place(2, 10)),
        (TD3, (2, 14), Checked.BIRTH, Place(2, 20)),
        (TD3, (2, 27), Checked.EXPIRY, Place(2, 28)),
        (TD3, (2, 32), Checked.OPTIONAL, Place(2, 43)),
        (LONG_TD1, (1, 16), Checked.DOCUMENT_NUMBER, Place(1, 19)),
        (LONG_TD2, (2, 30), Checked.DOCUMENT_NUMBER, Place(2, 32)),
    ],
)
def test_one_wrong_digit_fails_its_check_digit_and_the_last(
    lines: tuple[str, ...], wrong: tuple[int, int], about: Checked, digit: Place
) -> None:
    line, sign = wrong
    other = str((int(lines[line - 1][sign - 1]) + 3) % 10)
    found = mistakes(exchanged(lines, line, sign, other))
    assert (found[0].fault, found[0].about, found[0].at) == (MrzFault.CHECK_DIGIT, about, digit)
    assert [each.about for each in found[1:]] == [Checked.ALL]


@pytest.mark.parametrize("lines", ZONES, ids=lambda lines: lines[0][:15])
def test_a_wrong_last_check_digit_alone_is_told(lines: tuple[str, ...]) -> None:
    size = zone("".join(lines)).size
    span = LAYOUTS[size][MrzField.ALL_DIGIT]
    right = span.of(lines)
    found = mistakes(exchanged(lines, span.line + 1, span.end, str((int(right) + 1) % 10)))
    assert [(each.about, each.at) for each in found] == [(Checked.ALL, Place(span.line + 1, span.end))]


def test_a_letter_taken_for_a_digit_in_the_number_is_pointed_at() -> None:
    first, _ = mistakes(exchanged(TD3, 2, 6, "O"))  # L89890... typed with the letter
    assert first.about is Checked.DOCUMENT_NUMBER
    assert Place(2, 6) in first.look_at


@pytest.mark.parametrize("size", MrzSize)
def test_what_the_last_check_digit_stands_for_leaves_out_no_other_check_digit(size: MrzSize) -> None:
    covered = {(span.line, at) for span in WHOLES[size] for at in range(span.start, span.end)}
    for field, span in LAYOUTS[size].items():
        signs = {(span.line, at) for at in range(span.start, span.end)}
        if field.value.endswith("-digit") and field is not MrzField.ALL_DIGIT:
            assert signs <= covered, field
        if field in {MrzField.SEX, MrzField.NATIONALITY, MrzField.NAME, MrzField.ISSUER, MrzField.ALL_DIGIT}:
            assert not signs & covered, field


@pytest.mark.parametrize("size", MrzSize)
def test_the_fields_of_a_size_cover_every_sign_once(size: MrzSize) -> None:
    places = [(span.line, at) for span in LAYOUTS[size].values() for at in range(span.start, span.end)]
    lines, length = size.value
    assert sorted(places) == [(line, at) for line in range(lines) for at in range(length)]


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=20))
def test_whatever_document_is_printed_can_be_typed(number: str) -> None:
    assert zone(td1(Holder(document_number=number))).document_number == number
    if len(number) <= 9:
        assert zone(td3(Holder(document_number=number))).document_number == number


@given(st.text(max_size=120) | st.text("AZ09<\n\r\x02", max_size=120) | st.text("A0<", min_size=88, max_size=90))
def test_whatever_is_typed_ends_in_a_zone_or_in_mistakes_that_say_nothing_of_it(typed: str) -> None:
    entry = read_entry(typed)
    if isinstance(entry, ZoneRefused):
        assert 1 <= len(entry.mistakes) <= MOST_MISTAKES
        assert all(each.fault.code.startswith("TH-CARD-04") for each in entry.mistakes)
    else:
        assert not entry.zone.failed
        assert entry.zone.document_number not in repr(entry) or not entry.zone.document_number


def test_every_fault_has_a_code_of_its_own() -> None:
    assert len({fault.code for fault in MrzFault}) == len(MrzFault)
