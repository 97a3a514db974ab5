# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A thief of the online key signs whatever he likes: each field of it, with every kind of value, is survived."""

import copy
import hashlib
import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from securesystemslib.exceptions import FormatError
from securesystemslib.formats import encode_canonical

from townhall_central.simulation.catalogue import SimulatedAdministrators
from townhall_sync.catalogue import CatalogueStore
from townhall_sync.catalogue_outcomes import CatalogueRefusal, Refreshed, Refused
from townhall_sync.catalogue_source import DirectorySource

Json = Any  # what a JSON file may hold
Way = tuple[str | int, ...]

WEIRD: tuple[Json, ...] = (
    *(None, True, -1, 0, 2**31, 2**70, "", "x" * 50, [], {}, [[]], {"a": 1}),
    *("2020-01-01T00:00:00Z", "9999-99-99T00:00:00Z", "99999-01-01T00:00:00Z"),
)


def ways(value: Json, way: Way = ()) -> Iterator[Way]:
    yield way
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from ways(each, (*way, key))


def changed(value: Json, way: Way, new: Json) -> Json:
    if not way:
        return new
    whole = inner = copy.deepcopy(value)
    for key in way[:-1]:
        inner = inner[key]
    inner[way[-1]] = new
    return whole


class Thief:
    def __init__(self, stick: Path, town: SimulatedAdministrators) -> None:
        self._folder = stick / "metadata"
        self._town = town
        self._known = {path.name: json.loads(path.read_bytes()) for path in self._folder.iterdir()}

    def ways(self, name: str) -> list[Way]:
        return [("signed", *way) for way in ways(self._known[name]["signed"])]

    def forge(self, name: str, way: Way, value: Json) -> None:
        """Put a value somewhere, and everything that leads to it under new signatures."""
        files = {**self._known, name: changed(self._known[name], way, value)}
        if name == "1.crls.json":
            files["1.snapshot.json"] = changed(
                files["1.snapshot.json"], ("signed", "meta", "crls.json"), self._meta(self._signed(files[name]))
            )
        if name != "timestamp.json":
            snapshot = self._meta(self._signed(files["1.snapshot.json"]))
            files["timestamp.json"] = changed(files["timestamp.json"], ("signed", "meta", "snapshot.json"), snapshot)
        for each in ("1.crls.json", "1.snapshot.json", "timestamp.json"):
            (self._folder / each).write_bytes(self._signed(files[each]))

    def _signed(self, whole: Json) -> bytes:
        try:
            signature = self._town.online.sign((encode_canonical(whole["signed"]) or "").encode())
        except FormatError:
            return json.dumps(whole).encode()
        signatures = [{"keyid": signature.keyid, "sig": signature.signature}]
        return json.dumps({"signed": whole["signed"], "signatures": signatures}).encode()

    @staticmethod
    def _meta(content: bytes) -> Json:
        return {"version": 1, "length": len(content), "hashes": {"sha256": hashlib.sha256(content).hexdigest()}}


@pytest.mark.parametrize("name", ["1.crls.json", "1.snapshot.json", "timestamp.json"])
@pytest.mark.parametrize("share", [0.15, pytest.param(1.0, marks=pytest.mark.long)])
def test_whatever_a_thief_of_the_online_key_signs_is_refused_or_a_catalogue(
    name: str, share: float, town: SimulatedAdministrators, tmp_path: Path
) -> None:
    stick = town.export(tmp_path / "stick")
    thief, store = Thief(stick, town), CatalogueStore(tmp_path / "kiosk", town.bootstrap)
    chance = random.Random(7)  # noqa: S311  # a test's dice
    seen = set()
    for way in thief.ways(name):
        for value in WEIRD:
            if chance.random() > share:
                continue
            thief.forge(name, way, value)
            outcome = store.refresh(DirectorySource(stick))
            if isinstance(outcome, Refused):
                seen.add(CatalogueRefusal(outcome.code))
            else:
                assert isinstance(outcome, Refreshed), (way, value)
                taken = store.open()
                assert taken is not None
                assert taken.is_whole()
                shutil.rmtree(tmp_path / "kiosk")
    assert CatalogueRefusal.NOT_A_REPOSITORY in seen
