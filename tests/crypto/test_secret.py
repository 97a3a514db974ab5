# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Secrets do not show, travel or stay."""

import copy
import json
import logging
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_crypto.errors import ProgrammingError
from townhall_crypto.secret import Secret

TEXT = b"correct horse battery"


@pytest.mark.parametrize("shown", [repr, str, "{}".format, "%s".__mod__, lambda secret: f"{[secret]!r}"])
def test_no_rendering_shows_a_secret(shown: object) -> None:
    assert callable(shown)
    assert "horse" not in shown(Secret(TEXT))


def test_a_secret_in_a_log_line_does_not_show(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").warning("opened with %s and %r", Secret(TEXT), Secret(TEXT))
    assert "<Secret>" in caplog.text
    assert "horse" not in caplog.text


@pytest.mark.parametrize("leave", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_is_neither_pickled_nor_copied(leave: object) -> None:
    assert callable(leave)
    with pytest.raises(ProgrammingError):
        leave(Secret(TEXT))


def test_a_secret_cannot_be_hashed_or_written_as_json() -> None:
    with pytest.raises(TypeError):
        hash(Secret(TEXT))
    with pytest.raises(TypeError):
        json.dumps(Secret(TEXT))


def test_wiping_overwrites_the_very_buffer_that_was_revealed() -> None:
    secret = Secret(TEXT)
    revealed = secret.reveal()
    secret.wipe()
    assert revealed == bytes(len(TEXT))
    assert secret.is_wiped


def test_a_wiped_secret_is_not_an_empty_secret_but_an_error() -> None:
    secret = Secret(TEXT)
    secret.wipe()
    secret.wipe()
    with pytest.raises(ProgrammingError):
        secret.reveal()
    with pytest.raises(ProgrammingError):
        assert secret == Secret(b"")


def test_leaving_the_block_wipes_even_after_an_error() -> None:
    secret = Secret(TEXT)
    revealed = secret.reveal()
    with pytest.raises(ZeroDivisionError), secret:
        raise ZeroDivisionError
    assert not any(revealed)


def test_forgetting_a_secret_wipes_it() -> None:
    secret = Secret(TEXT)
    revealed = secret.reveal()
    del secret
    assert not any(revealed)


def test_the_source_stays_with_the_caller() -> None:
    source = bytearray(TEXT)
    Secret(source).wipe()
    assert source == TEXT


@given(st.binary(max_size=64), st.binary(max_size=64))
def test_secrets_are_equal_exactly_if_their_bytes_are(one: bytes, other: bytes) -> None:
    assert (Secret(one) == Secret(other)) is (one == other)


def test_a_secret_equals_nothing_but_secrets() -> None:
    assert Secret(TEXT) != TEXT


def test_random_secrets_have_their_size_and_differ() -> None:
    assert len(Secret.random(32).reveal()) == 32
    assert Secret.random(32) != Secret.random(32)
