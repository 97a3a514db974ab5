# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cards as software: tokens of SoftHSM, with keys and certificates that OpenSC's tool put on them."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from townhall_smartcard.simulation.national_keys import CertifiedHolder, KeyKind, NationalAuthority, NationalKey

SOFTHSM: Final = Path("/usr/lib/softhsm/libsofthsm2.so")
OPENSC: Final = Path(f"/usr/lib/{os.uname().machine}-linux-gnu/opensc-pkcs11.so")
PIN: Final = b"123456"
LUXEMBOURG: Final = CertifiedHolder("LU", "SPECIMEN", "LÉA", "PNOLU-1980010112345")
_SOURCE: Final = Path(__file__).with_name("faulty_module.c")


@dataclass(frozen=True)
class SoftToken:
    """One token: the reader that SoftHSM says it lies in, and what is on it."""

    reader: str
    slot: int
    keys: Mapping[bytes, NationalKey] = field(repr=False)


@dataclass(frozen=True)
class SoftTokens:
    """A folder of tokens; whoever loads SoftHSM with this environment sees them all."""

    folder: Path
    authority: NationalAuthority

    @property
    def configuration(self) -> Path:
        return self.folder / "softhsm2.conf"

    def prepare(self) -> None:
        (self.folder / "tokens").mkdir()
        self.configuration.write_text(f"directories.tokendir = {self.folder / 'tokens'}\nlog.level = ERROR\n")

    def make(self, *kinds: KeyKind, label: str = "SPECIMEN", is_asked_each_time: bool = False) -> SoftToken:
        """Make a token with a key for authentication, and one for signatures that bind if two kinds are named."""
        pin = PIN.decode()
        said = self._run("softhsm2-util", "--init-token", "--free", "--label", label, "--pin", pin, "--so-pin", pin)
        found = re.search(r"reassigned to slot (\d+)", said)
        assert found is not None, said
        slot = int(found[1])
        issued = self.authority.issue_card_keys(LUXEMBOURG, kinds[0], kinds[-1])
        keys = dict(zip((b"\x01", b"\x02"), (issued.authentication, issued.signature)[: len(kinds)], strict=False))
        for identifier, key in keys.items():
            self._write(slot, identifier, key, is_asked_each_time=is_asked_each_time)
        return SoftToken(f"SoftHSM slot ID 0x{slot:x}", slot, keys)

    def write_certificate(self, token: SoftToken, identifier: bytes, certificate: bytes) -> None:
        self._put(token.slot, "cert", identifier, certificate)

    def _write(self, slot: int, identifier: bytes, key: NationalKey, *, is_asked_each_time: bool) -> None:
        private = key.private_key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        asked = ["--always-auth"] if is_asked_each_time else []
        self._put(slot, "privkey", identifier, private, "--usage-sign", *asked)
        self._put(slot, "cert", identifier, key.certificate)

    def _put(self, slot: int, kind: str, identifier: bytes, content: bytes, *more: str) -> None:
        (self.folder / "object").write_bytes(content)
        token = ["--module", str(SOFTHSM), "--slot", str(slot), "--login", "--pin", PIN.decode()]
        what = ["--write-object", str(self.folder / "object"), "--type", kind, "--id", identifier.hex(), *more]
        self._run("pkcs11-tool", *token, *what)

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            command,
            env={**os.environ, "SOFTHSM2_CONF": str(self.configuration)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def compile_faulty_module(folder: Path) -> Path:
    """Return a module that breaks on command: see ``faulty_module.c``."""
    made = folder / "faulty_module.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", made, _SOURCE, "-ldl"], check=True)
    return made
