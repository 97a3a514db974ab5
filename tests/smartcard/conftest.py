# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One PC/SC service of our own for the whole run, test people's keys, and another program at the reader."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

import msgspec
import pytest

from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import JUHAN, KADRI
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.pki import TestPki

SLOTS = 8


class OtherProgram:
    """A program beside ours that uses the same PC/SC service."""

    def __init__(self, service: PrivatePcscd) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("other_program.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=service.environment,
            text=True,
        )

    def begin_call(self, call: str) -> None:
        """Make it call, without waiting for the result."""
        assert self._process.stdin is not None
        self._process.stdin.write(call + "\n")
        self._process.stdin.flush()

    def result(self) -> str:
        """Wait for the result of the oldest call that nobody waited for: eight digits."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def call(self, call: str) -> str:
        """Make it call and wait for the result."""
        self.begin_call(call)
        return self.result()

    def end(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="session")
def service() -> Iterator[PrivatePcscd]:
    with PrivatePcscd(slots=SLOTS) as running:
        yield running


_slots = cycle(range(SLOTS))


@pytest.fixture
def slot() -> int:
    """A slot that was not used for a while: the service looks at each slot every 0.4 s."""
    return next(_slots)


@pytest.fixture
def other(service: PrivatePcscd) -> Iterator[OtherProgram]:
    program = OtherProgram(service)
    yield program
    program.end()


@pytest.fixture(scope="session")
def pki() -> TestPki:
    return TestPki()


@pytest.fixture(scope="session")
def kadri_keys(pki: TestPki) -> CardKeys:
    return pki.issue_card_keys(KADRI)


@pytest.fixture(scope="session")
def juhan_keys(pki: TestPki) -> CardKeys:
    return pki.issue_card_keys(JUHAN)


VECTORS = Path(__file__).resolve().parents[2].parent / "shared" / "vectors"


class _Example(msgspec.Struct):
    name: str
    apdus: list[tuple[str, str]] = []


class _Examples(msgspec.Struct):
    vectors: list[msgspec.Raw]


def _vectors(name: str) -> bytes:
    assert VECTORS.exists(), "the shared vectors must lie beside the repository"
    return (VECTORS / name).read_bytes()


def _texts(example: bytes) -> dict[str, str]:
    """The facts of an example that are texts: hexadecimal digits, nearly all of them."""
    return {name: fact for name, fact in json.loads(example).items() if isinstance(fact, str)}


@pytest.fixture(scope="session")
def icao() -> Callable[[str], dict[str, str]]:
    """A worked example of ICAO 9303-11 by its name."""
    examples = msgspec.json.decode(_vectors("icao-9303-vectors.json"), type=_Examples).vectors
    return {texts["name"]: texts for texts in map(_texts, map(bytes, examples))}.__getitem__


@pytest.fixture(scope="session")
def icao_exchanges() -> Callable[[str], list[tuple[str, str]]]:
    """The commands and answers of such an example."""
    examples = msgspec.json.decode(_vectors("icao-9303-vectors.json"), type=_Examples).vectors
    named = (msgspec.json.decode(each, type=_Example) for each in examples)
    return {each.name: each.apdus for each in named}.__getitem__


@pytest.fixture(scope="session")
def bsi() -> dict[str, str]:
    """The run over elliptic curves of BSI's worked example for Extended Access Control (TR-03110)."""
    return _texts(json.dumps(json.loads(_vectors("eac-tr03110-vectors.json"))["ecdh"]).encode())


@pytest.fixture(scope="session")
def bsi_runs() -> dict[str, dict[str, str]]:
    """Both runs of that example: "ecdh" and "dh"."""
    runs = json.loads(_vectors("eac-tr03110-vectors.json"))
    return {name: _texts(json.dumps(runs[name]).encode()) for name in ("ecdh", "dh")}
