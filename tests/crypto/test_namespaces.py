# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Namespaces keep every kind of hash and signature apart."""

import itertools
import re

import pytest

from townhall_crypto import namespaces


def declared() -> dict[str, bytes]:
    return {name: value for name, value in vars(namespaces).items() if isinstance(value, bytes)}


def test_every_declared_namespace_is_under_the_rules() -> None:
    assert set(declared().values()) - {namespaces.HTTP_SIGNATURE} == set(namespaces.ALL)


@pytest.mark.parametrize("namespace", namespaces.ALL)
def test_a_namespace_is_a_versioned_name_that_ends_with_its_only_zero_byte(namespace: bytes) -> None:
    assert re.fullmatch(rb"townhall:[a-z0-9-]+:v[1-9][0-9]*\x00", namespace)


@pytest.mark.parametrize(("one", "other"), list(itertools.permutations(namespaces.ALL, 2)))
def test_no_namespace_begins_another(one: bytes, other: bytes) -> None:
    assert not other.startswith(one)


def test_the_one_signature_without_a_namespace_cannot_be_taken_for_one_with() -> None:
    assert namespaces.HTTP_SIGNATURE == b""
    assert not any(namespace.startswith(b'"') for namespace in namespaces.ALL)
