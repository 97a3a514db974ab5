# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A kiosk whose journal cannot be used says so on its screen, serves nobody, and opens by itself when it is mended."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.journeys.conftest import Town


def flip_a_byte(content: bytes) -> bytes:
    place = content.index(b'"event":"JOURNAL_CREATED"')
    return content[:place] + b"'" + content[place + 1 :]


@pytest.mark.parametrize(
    ("harm", "code"), [(flip_a_byte, "TH-SYNC-011"), (lambda _content: b"", "TH-SYNC-011")], ids=["damaged", "gone"]
)
def test_a_broken_journal_closes_the_kiosk_which_opens_by_itself_once_it_is_mended(
    town: "Town", harm: Callable[[bytes], bytes], code: str
) -> None:
    town.open_kiosk(with_line=False)
    town.close_kiosk()
    database = town.world.home / "journal" / "journal.db"
    whole = database.read_bytes()
    database.write_bytes(harm(whole))
    try:
        town.world.start_kiosk()
        seen = town.person.wait_until(lambda seen: bool(seen.code), "an out-of-service screen", 60.0)
    finally:
        database.write_bytes(whole)
    try:
        assert seen.code == code
        town.person.wait_for("AttractScreen", within_s=90.0)
    finally:
        town.close_kiosk()
    assert set(town.stored()) == town.told
