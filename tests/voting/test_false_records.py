# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every false record is refused by ours for its one reason; what the tool says of it stands beside."""

import io
import json
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.voting.conftest import ToolRefusedError
from tests.voting.false_records import FORGERIES
from tests.voting.forger import Forger, Forgery
from tests.voting.our_election import UUID, GoodRecord

from townhall_voting.record.ballot_judges import DirectJudge
from townhall_voting.record.findings import NotVerified, Verified
from townhall_voting.record.verifier import Evidence, verify_record

if TYPE_CHECKING:
    from tests.voting.conftest import NewTool


@pytest.fixture(scope="module")
def forger(good: GoodRecord) -> Forger:
    return Forger(good)


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_ours_refuses_it_for_its_reason_and_the_tool_says_what_is_written_beside(
    new_tool: "NewTool", forger: Forger, forge: Forgery
) -> None:
    false = forge(forger)
    found = verify_record(io.BytesIO(false.data), Evidence(false.uuid, false.side_cars, false.published), DirectJudge())
    assert isinstance(found, NotVerified)
    assert found.reason is false.reason, found
    assert found.place.offset <= len(false.data)
    tool = new_tool()
    tool.write(f"{false.uuid}.bel", false.data)
    try:
        tool.verify()
    except ToolRefusedError:
        accepted = False
    else:
        accepted = True
    assert accepted is false.is_accepted_by_the_tool


def test_the_published_false_records_are_those_refused_for_their_reasons() -> None:
    folder = Path(__file__).parents[2] / "docs" / "formats" / "vectors" / "false-records"
    index = json.loads((folder / "index.json").read_bytes())
    assert len(index) > 35
    with tarfile.open(folder / "archives.tar.xz") as packed:
        files = {each.name: packed.extractfile(each).read() for each in packed.getmembers()}  # type: ignore[union-attr]  # all are files
    side_cars = {owner: files[f"{UUID}.side-car.{owner}.json"] for owner in (1, 2)}
    honest = verify_record(io.BytesIO(files[f"{UUID}.bel"]), Evidence(UUID, side_cars), DirectJudge())
    assert isinstance(honest, Verified)
    assert len(files) == 3 + len(index)
    for each in index:
        data = files[f"{each['name']}/{UUID}.bel"]
        found = verify_record(io.BytesIO(data), Evidence(UUID, side_cars), DirectJudge())
        assert isinstance(found, NotVerified)
        assert found.reason.code == each["reason"], each["name"]
