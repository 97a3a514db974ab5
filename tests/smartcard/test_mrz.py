# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Machine readable zones: the standard's own specimens, long numbers, every check digit."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.emrtd.lds.mrz import Checked, Mrz, MrzDate, Sex, parse_mrz
from townhall_smartcard.emrtd.lds.mrz_layout import MrzSize
from townhall_smartcard.emrtd.lds.transliteration import is_spelling_of, transliterate
from townhall_smartcard.emrtd.mrz_key import mrz_password
from townhall_smartcard.emrtd.states import countries_of
from townhall_smartcard.errors import DataGroupUnreadableError
from townhall_smartcard.simulation.lds_files import Holder, td1, td3

TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
TD1 = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"
TD2 = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6"
LONG_TD1 = "I<UTOD23145890<7349<<<<<<<<<<<3407127M9507122UTO<<<<<<<<<<<2STEVENSON<<PETER<JOHN<<<<<<<<<"
LONG_TD2 = "I<UTOSTEVENSON<<PETER<JOHN<<<<<<<<<<D23145890<UTO3407127M95071227349<<<8"
TODAY = date(2026, 11, 26)


@pytest.mark.parametrize(("size", "zone"), [(MrzSize.TD1, TD1), (MrzSize.TD2, TD2), (MrzSize.TD3, TD3)])
def test_the_standard_s_specimens_are_read(size: MrzSize, zone: str) -> None:
    found = parse_mrz(zone)
    assert (found.size, found.issuer, found.nationality, found.failed) == (size, "UTO", "UTO", frozenset())
    assert (found.surname, found.given_names, found.sex) == ("ERIKSSON", "ANNA MARIA", Sex.FEMALE)
    assert found.document_number == ("L898902C3" if size is MrzSize.TD3 else "D23145890")
    assert (found.birth, found.expiry) == (MrzDate(74, 8, 12), MrzDate(12, 4, 15))
    assert "ERIKSSON" not in repr(found)


@pytest.mark.parametrize("zone", [LONG_TD1, LONG_TD2])
def test_long_numbers_go_on_in_the_optional_data(zone: str) -> None:
    found = parse_mrz(zone)
    assert (found.document_number, found.optional[0], found.failed) == ("D23145890734", "", frozenset())


@pytest.mark.parametrize(
    ("zone", "at", "what"),
    [
        (TD3, 46, Checked.DOCUMENT_NUMBER),
        (TD3, 59, Checked.BIRTH),
        (TD3, 67, Checked.EXPIRY),
        (TD3, 74, Checked.OPTIONAL),
        (TD3, 88, Checked.ALL),
        (TD1, 6, Checked.DOCUMENT_NUMBER),
        (TD1, 34, Checked.BIRTH),
        (TD1, 42, Checked.EXPIRY),
        (TD1, 60, Checked.ALL),
        (LONG_TD1, 16, Checked.DOCUMENT_NUMBER),
        (LONG_TD2, 65, Checked.DOCUMENT_NUMBER),
        (TD2, 38, Checked.DOCUMENT_NUMBER),
    ],
)
def test_one_mistyped_sign_fails_its_check_digit(zone: str, at: int, what: Checked) -> None:
    wrong = "1" if zone[at] != "1" else "2"
    assert what in parse_mrz(zone[:at] + wrong + zone[at + 1 :]).failed


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=20))
def test_numbers_of_every_length_come_back(number: str) -> None:
    found = parse_mrz(td1(Holder(document_number=number)))
    assert (found.document_number, found.failed) == (number, frozenset())
    if len(number) <= 9:
        assert parse_mrz(td3(Holder(document_number=number))) == parse_mrz(td3(Holder(document_number=number)))
        assert parse_mrz(td3(Holder(document_number=number))).failed == frozenset()


@given(st.text("ABZ019<", max_size=100) | st.text(max_size=100) | st.text("AZ09<", min_size=90, max_size=90))
def test_no_text_brings_anything_but_a_zone_or_the_one_error(text: str) -> None:
    try:
        assert isinstance(parse_mrz(text), Mrz)
    except DataGroupUnreadableError:
        return


@pytest.mark.parametrize("zone", [TD1, TD3, LONG_TD1, LONG_TD2])
def test_what_opens_the_chip_is_in_the_zone(zone: str) -> None:
    found = parse_mrz(zone)
    number, birth, expiry = found.key
    assert number == found.document_number
    expected = mrz_password(number.encode(), birth.encode(), expiry.encode())
    assert bytes(found.password().secret) == bytes(expected.secret)


@pytest.mark.parametrize(
    ("birth", "told"),
    [
        (MrzDate(74, 8, 12), "1974-08-12"),
        (MrzDate(26, 11, 26), "2026-11-26"),
        (MrzDate(26, 11, 27), "1926-11-27"),
        (MrzDate(30, 0, 0), "1930"),
    ],
)
def test_nobody_was_born_in_the_future(birth: MrzDate, told: str) -> None:
    assert birth.as_birth(TODAY) == told


@pytest.mark.parametrize(("expiry", "told"), [(MrzDate(12, 4, 15), "2012-04-15"), (MrzDate(75, 1, 1), "2075-01-01")])
def test_a_document_ends_near_to_today(expiry: MrzDate, told: str) -> None:
    assert expiry.as_expiry(TODAY) == told


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("ابو بكر محمد بن زكريا الرازي", "ABW BKR MXHMD BN ZKRYA ALRAZY"),  # the standard's own example
        ("Müller-Lüdenscheid", "MUELLER LUEDENSCHEID"),
        ("Щербаков", "SHCHERBAKOV"),
        ("O'Connor", "OCONNOR"),
        ("Straße", "STRASSE"),
        ("Łódź Đorđević", "LODZ DORDEVIC"),
        ("Nguyễn", "NGUYEN"),
    ],
)
def test_names_become_what_the_zone_has(name: str, zone: str) -> None:
    assert transliterate(name) == zone
    assert is_spelling_of(zone, name)


@pytest.mark.parametrize(
    ("zone", "name", "is_cut", "is_it"),
    [
        ("MULLER", "Müller", False, True),
        ("MUXXLLER", "Müller", False, True),
        ("MILLER", "Müller", False, False),
        ("MUELLER", "Müller-Lüdenscheid", False, False),
        ("MUELLER LUED", "Müller-Lüdenscheid", True, True),
        ("YURII", "Юрій", False, True),
        ("MXHMMD", "مح\u0651مد", False, False),
        ("MXHXHMD", "مح\u0651مد", False, True),
        ("MXHMD", "مح\u0651مد", False, True),
        ("", "", False, True),
        ("A", "", False, False),
        ("", "Müller", False, False),
    ],
)
def test_every_allowed_spelling_of_a_name_is_one(zone: str, name: str, is_it: bool, is_cut: bool) -> None:  # noqa: FBT001
    assert is_spelling_of(zone, name, is_cut=is_cut) is is_it


def test_a_script_that_the_tables_do_not_have_is_said_to_be_unknown() -> None:
    assert transliterate("Ελλάδα") is None
    assert not is_spelling_of("ELLADA", "Ελλάδα")


@given(st.text(max_size=60))
def test_what_is_written_into_a_zone_is_a_spelling_of_the_name(name: str) -> None:
    zone = transliterate(name)
    if zone is not None:
        assert is_spelling_of(zone, name)
        assert set(zone) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ ")


@pytest.mark.parametrize(
    ("state", "countries"),
    [
        ("EST", {"EE"}),
        ("D", {"DE"}),
        ("UTO", {"UT"}),
        ("GBD", {"GB"}),
        ("RKS", {"KS", "XK"}),
        ("", set()),
        ("QQ", set()),
    ],
)
def test_states_of_documents_are_countries_of_certificates(state: str, countries: set[str]) -> None:
    assert countries_of(state) == countries
