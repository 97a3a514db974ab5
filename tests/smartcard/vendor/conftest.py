# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Software tokens, a module that breaks on command, and what reached it."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.smartcard.vendor.soft_tokens import SOFTHSM, SoftToken, SoftTokens, compile_faulty_module

from townhall_smartcard.simulation.national_keys import KeyKind, NationalAuthority
from townhall_smartcard.vendor.modules import VendorModule


@pytest.fixture(scope="session")
def faulty_module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_faulty_module(tmp_path_factory.mktemp("module"))


@pytest.fixture(scope="session")
def soft_tokens(tmp_path_factory: pytest.TempPathFactory) -> SoftTokens:
    tokens = SoftTokens(tmp_path_factory.mktemp("softhsm"), NationalAuthority("LU"))
    tokens.prepare()
    return tokens


@pytest.fixture(scope="session")
def soft_token(soft_tokens: SoftTokens) -> SoftToken:
    """A card with an RSA key to authenticate and an elliptic one to sign."""
    return soft_tokens.make(KeyKind.RSA_2048, KeyKind.P256)


@dataclass
class Faults:
    """The module that breaks on command, before SoftHSM."""

    module: VendorModule
    line: socket.socket
    monkeypatch: pytest.MonkeyPatch

    def order(self, fault: str) -> None:
        self.monkeypatch.setenv("MODULE_FAULT", fault)

    def told(self) -> list[str]:
        """Return what reached the module since the last time."""
        found: list[str] = []
        while True:
            try:
                connection, _ = self.line.accept()
            except BlockingIOError:
                return found
            with connection:
                found.append(connection.recv(200).decode())


@pytest.fixture
def faults(
    faulty_module: Path, soft_tokens: SoftTokens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Faults]:
    monkeypatch.setenv("SOFTHSM2_CONF", str(soft_tokens.configuration))
    monkeypatch.setenv("REAL_MODULE", str(SOFTHSM))
    monkeypatch.setenv("MODULE_LOG", str(tmp_path / "log"))
    with socket.socket(socket.AF_UNIX) as line:
        line.bind(str(tmp_path / "log"))
        line.listen(64)
        line.setblocking(False)
        # SoftHSM keeps its cards in files.
        yield Faults(VendorModule("faulty", faulty_module, writes_files=True), line, monkeypatch)
