# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What separates one signature, and one failure, from another; and the one home of each outside library."""

import inspect
import re
from pathlib import Path

import pytest

from townhall_crypto import namespaces as crypto_namespaces
from townhall_sync import errors, namespaces
from townhall_sync.catalogue_outcomes import CatalogueRefusal

ROOT = Path(__file__).resolve().parents[2]
CLASSES = [
    member for _name, member in inspect.getmembers(errors, inspect.isclass) if issubclass(member, errors.SyncError)
]


def test_every_namespace_of_this_part_stands_in_the_set() -> None:
    stated = {value for name, value in vars(namespaces).items() if name.isupper() and isinstance(value, bytes)}
    assert stated == set(namespaces.ALL)


def test_no_namespace_begins_another_nor_one_of_cryptos() -> None:
    every = (*namespaces.ALL, *crypto_namespaces.ALL)
    assert len(set(every)) == len(every)
    for one in every:
        assert one.endswith(b"\x00")
        assert one.count(b"\x00") == 1
        assert not any(other.startswith(one) for other in every if other is not one)


def test_each_error_has_a_code_of_its_own() -> None:
    codes = [each.code for each in CLASSES]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"TH-SYNC-[0-9]{3}", code) for code in codes)


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_each_error_stands_in_the_tree_and_in_the_failure_codes(error: type[errors.SyncError]) -> None:
    assert f"{error.__name__} " in (errors.__doc__ or "") or f"{error.__name__}\n" in (errors.__doc__ or "")
    rows = (ROOT / "docs" / "failure-codes.md").read_text().splitlines()
    assert sum(row.startswith(f"| {error.code} |") for row in rows) == 1


def test_the_failure_codes_of_this_part_are_all_of_errors() -> None:
    stated = re.findall(r"^\| (TH-SYNC-[0-9]{3}) \|", (ROOT / "docs" / "failure-codes.md").read_text(), re.MULTILINE)
    assert sorted(stated) == sorted([*(each.code for each in CLASSES), *(reason.value for reason in CatalogueRefusal)])


@pytest.mark.parametrize(
    ("library", "file"),
    [("sqlite_utils", "sqlite_store.py"), ("sqlite3", "sqlite_store.py"), ("httpx2", "central_http.py")],
)
def test_each_outside_library_has_one_home(library: str, file: str) -> None:
    homes = [
        path.name
        for path in (ROOT / "sync" / "townhall_sync").glob("*.py")
        if re.search(rf"^(import|from) {library}\b", path.read_text(), re.MULTILINE)
    ]
    assert homes == [file]
