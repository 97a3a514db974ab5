# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is locked, what is tested and what a kiosk gets are the same."""

import re
import tomllib
from pathlib import Path

import gmpy2

ROOT = Path(__file__).resolve().parents[2]
KIOSK = ROOT / "requirements" / "kiosk.lock"


def test_every_package_of_a_kiosk_is_locked_as_it_is_tested() -> None:
    tested, installed = pinned(ROOT / "requirements" / "dev.lock"), pinned(KIOSK)
    assert {name: version for name, version in installed.items() if tested.get(name) != version} == {}


def test_whatever_the_kiosk_asks_for_is_locked_for_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["kiosk"]]
    names = {re.split(r"[^A-Za-z0-9-]", each)[0].lower() for each in asked}
    assert len(names) > 10
    assert names - pinned(KIOSK).keys() == set()


def test_the_numbers_of_elections_are_computed_by_debians_library() -> None:
    gmpy2.mpz(1)
    maps = Path("/proc/self/maps").read_text()
    loaded = {line.split(maxsplit=5)[5] for line in maps.splitlines() if "/libgmp" in line}
    assert len(loaded) == 1, "delete .venv: a wheel with a GMP of its own is in it"
    assert Path(loaded.pop()).is_relative_to("/usr/lib")


def pinned(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"(?m)^([a-z0-9-]+)(?:\[[a-z,-]+\])?==([^ ;]+)", lock.read_text()))
