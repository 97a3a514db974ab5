# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The account of a benefit: its check digits (ISO 13616, ISO/IEC 7064 MOD 97-10) find what a person mistypes."""

from datetime import UTC, datetime
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.forms.residents import SERVICES

from townhall_forms.form import load_form
from townhall_forms.questions import Accepted
from townhall_forms.session import FormSession

EXAMPLES = (
    "EE382200221020145685",
    "DE89370400440532013000",
    "FI2112345600000785",
    "BE68539007547034",
    "NO9386011117947",
    "PL61109010140000071219812874",
    "HU42117730161111101800000000",
)
"""As the registry of ISO 13616 prints them: digits behind the country."""
WITH_LETTERS = ("GB29NWBK60161331926819", "MT84MALT011000012345MTLCAST001S")


@cache
def session() -> FormSession:
    form = load_form((SERVICES / "benefit-application" / "form.xml").read_bytes())
    return FormSession(form, language="en", now=datetime(2027, 3, 1, tzinfo=UTC), prefill={})


def is_taken(account: str) -> bool:
    ref = next(each.ref for each in session().questions() if each.ref.endswith("/iban"))
    return isinstance(session().answer(ref, account), Accepted)


@pytest.mark.parametrize("account", [*EXAMPLES, *WITH_LETTERS])
def test_an_account_is_taken_with_and_without_spaces(account: str) -> None:
    assert is_taken(account)
    assert is_taken(" ".join(account[start : start + 4] for start in range(0, len(account), 4)))


@given(account=st.sampled_from(EXAMPLES), data=st.data())
def test_one_wrong_sign_is_found(account: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(account) - 1))
    others = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if place < 2 else "0123456789"
    wrong = data.draw(st.sampled_from(others.replace(account[place], "")))
    assert not is_taken(account[:place] + wrong + account[place + 1 :])


@given(account=st.sampled_from(EXAMPLES), data=st.data())
def test_two_signs_that_changed_places_are_found(account: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(2, len(account) - 2))
    one, other = account[place], account[place + 1]
    assert is_taken(account[:place] + other + one + account[place + 2 :]) is (one == other)
