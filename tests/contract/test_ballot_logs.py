# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A ballot box's log through the real centre: the box puts it, a kiosk asks over the line or finds it on a stick."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import msgspec
import pytest

from townhall_central import agencies
from townhall_central.agencies import AgencyFile
from townhall_central.agency_keys import SigningKey
from townhall_central.centre_line import CentreLine
from townhall_central.errors import CentreRefusedError
from townhall_crypto.recipients import generate_recipient_key
from townhall_sync import wire
from townhall_sync.ballot_log import MAX_LEAVES, PAGE_LEAVES, BallotLogPart, KnownBallotLogs, fetch, part_of
from townhall_sync.wire import encode_base64

if TYPE_CHECKING:
    from tests.contract.conftest import Post, Town

ORIGIN = "townhall/simulated.test/ballots"
NOTE = f"{ORIGIN}\n5\nroot\n\n\u2014 {ORIGIN} signature\n"
LEAVES = bytes(range(256)) * 8 * (PAGE_LEAVES // 64 + 3)
"""A little more than a page holds."""


class Box:
    """An agency with a line to the centre of a town."""

    def __init__(self, town: "Town", name: str) -> None:
        self._town, self._key = town, SigningKey.generate()
        recipient = generate_recipient_key().public
        file = AgencyFile(
            name=name,
            recipient_key=encode_base64(recipient.public),
            request_key=encode_base64(self._key.public_der),
        )
        with town.centre.database.write() as connection:
            self.key_id = agencies.add(connection, msgspec.json.encode(file), by="Ann", now=town.centre.now)

    def put(self, part: BallotLogPart, key_id: str = "") -> None:
        with CentreLine(f"http://127.0.0.1:{self._town.port}", key_id or self.key_id, self._key) as line:
            line.put_ballot_log(part)


@pytest.fixture
def box(town: "Town") -> Box:
    return Box(town, "Ballot box")


def over_the_line(town: "Town", known: bytes = b"") -> tuple[str, bytes] | None:
    async def look(post: "Post") -> tuple[str, bytes] | None:
        return await fetch(post.courier._central, ORIGIN, known)  # type: ignore[arg-type]  # it is the HTTP one

    return town.at("kiosk-1", look)


def test_line_stick_and_simulator_give_a_kiosk_the_same(town: "Town", box: Box, stick: Path) -> None:
    assert over_the_line(town) is None
    box.put(part_of(NOTE, LEAVES, 0))
    assert over_the_line(town) == (NOTE, LEAVES)
    assert over_the_line(town, LEAVES[:64]) == (NOTE, LEAVES)
    assert over_the_line(town, LEAVES) == (NOTE, LEAVES)
    assert asyncio.run(fetch(KnownBallotLogs({ORIGIN: (NOTE, LEAVES)}), ORIGIN, b"")) == (NOTE, LEAVES)
    town.work_off(stick)

    async def look(post: "Post") -> tuple[str, bytes] | None:
        return await post.road.ballot_log(stick, ORIGIN)

    assert town.at("kiosk-1", look) == (NOTE, LEAVES)


def test_the_newest_word_of_the_box_counts_even_if_it_goes_back(town: "Town", box: Box) -> None:
    box.put(part_of(NOTE, LEAVES, 0))
    box.put(part_of(NOTE, LEAVES[:32], 0))
    assert over_the_line(town) == (NOTE, LEAVES[:32])


def test_nobody_puts_a_log_for_another_box_or_a_torn_one(town: "Town", box: Box) -> None:
    box.put(part_of(NOTE, LEAVES, 0))
    other = Box(town, "Another")
    hostile: list[Callable[[], None]] = [
        lambda: other.put(part_of(NOTE, b"", 0)),  # the name is the first one's
        lambda: other.put(part_of(NOTE, b"", 0), box.key_id),  # in its name
        lambda: box.put(part_of(NOTE, LEAVES, 1)),
        lambda: box.put(BallotLogPart(checkpoint=NOTE, start=0, leaves="AAAA")),
        lambda: box.put(part_of("a name with spaces\n", LEAVES, 0)),
        lambda: box.put(part_of(NOTE, bytes(32 * (MAX_LEAVES + 1)), 0, MAX_LEAVES + 1)),
    ]
    for refused in hostile:
        with pytest.raises(CentreRefusedError):
            refused()
    assert over_the_line(town) == (NOTE, LEAVES)


def test_a_put_without_a_signature_or_with_other_bytes_is_refused(town: "Town", box: Box) -> None:
    url = f"http://127.0.0.1:{town.port}/v1/ballot-logs/{box.key_id}"
    body, headers = wire.to_json(part_of(NOTE, LEAVES, 0)), {"Content-Type": "application/json"}
    answer = httpx2.put(url, content=body, headers=headers, trust_env=False)
    assert (answer.status_code, answer.json()["code"]) == (401, "TH-CENT-011")
    assert httpx2.put(url, content=os.urandom(8), headers=headers, trust_env=False).status_code == 401
    assert over_the_line(town) is None
