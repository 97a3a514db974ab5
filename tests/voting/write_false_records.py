# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Writes docs/formats/vectors/false-records/: false archives for whoever tests a verifier.

Run it by hand with the repository's root in PYTHONPATH; ``test_false_records.py`` verifies what is there.
"""

import io
import json
import tarfile
from pathlib import Path

from tests.voting.conftest import RepeatableRandomness
from tests.voting.false_records import FORGERIES
from tests.voting.forger import Forger
from tests.voting.our_election import UUID, good_record

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "formats" / "vectors" / "false-records"


def write() -> None:
    good = good_record(RepeatableRandomness("published false records"))
    forger = Forger(good)
    index: list[dict[str, object]] = []
    with tarfile.open(FOLDER / "archives.tar.xz", "w:xz", preset=9) as packed:
        put(packed, f"{UUID}.bel", good.data)
        for owner, side_car in good.side_cars.items():
            put(packed, f"{UUID}.side-car.{owner}.json", side_car)
        for forge in FORGERIES:
            false = forge(forger)
            if false.data == good.data or false.uuid != UUID:
                continue  # the fault stands beside the archive
            name = forge.__name__.replace("_", "-")
            put(packed, f"{name}/{UUID}.bel", false.data)
            index.append({"name": name, "reason": false.reason.code, "accepted": false.is_accepted_by_the_tool})
    (FOLDER / "index.json").write_text(json.dumps(index, indent=1) + "\n", "utf-8")


def put(packed: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    packed.addfile(member, io.BytesIO(data))


if __name__ == "__main__":
    write()
