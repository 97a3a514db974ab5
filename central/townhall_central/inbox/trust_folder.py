# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads trust anchors from a folder: `anchors/` and `intermediates/` hold certificates, `crls/` revocation lists.

`timestamps/` holds the same three for time-stamping authorities: these vouch for no person, and the others for no time.
"""

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from townhall_central.errors import DirectoryError
from townhall_crypto.trust import TrustAnchors
from townhall_forms.errors import RegisterRefusedError
from townhall_forms.registers.register import Registrar, read_registrar

TIMESTAMPS = "timestamps"
_PEM = b"-----BEGIN "


def load_anchors(folder: Path) -> TrustAnchors:
    """Return what the folder holds, DER or PEM, one or many a file.

    Raises:
        DirectoryError: no anchor is there, or a file cannot be read.
    """
    anchors = _read(folder / "anchors")
    if not anchors:
        raise DirectoryError(f"no trust anchor in {folder.name}/anchors")
    return TrustAnchors(anchors, _read(folder / "intermediates"), _read_lists(folder / "crls"))


def load_timestamp_anchors(folder: Path) -> TrustAnchors:
    """Return what the folder holds for time-stamping authorities; raises DirectoryError as `load_anchors`."""
    return load_anchors(folder / TIMESTAMPS)


def load_registrars(folder: Path) -> dict[str, Registrar]:
    """Return who keeps each register: `<register>/register.json` and `<register>/*.key`, as they are published.

    Raises:
        DirectoryError: the folder or a file cannot be read, or holds something else.
    """
    found = {}
    try:
        for register in sorted(each for each in folder.iterdir() if each.is_dir()):
            files = {path.name: path.read_bytes() for path in register.iterdir() if path.suffix in {".json", ".key"}}
            found[register.name] = read_registrar(register.name, files)
    except (OSError, RegisterRefusedError) as exc:
        raise DirectoryError(f"{folder.name} holds no registrars") from exc
    return found


def _read(folder: Path) -> tuple[bytes, ...]:
    found: list[bytes] = []
    for path, content in _contents(folder):
        if not content.startswith(_PEM):
            found.append(content)
            continue
        try:
            found += [each.public_bytes(Encoding.DER) for each in x509.load_pem_x509_certificates(content)]
        except ValueError as exc:
            raise DirectoryError(f"{path.name} holds no certificates") from exc
    return tuple(found)


def _read_lists(folder: Path) -> tuple[bytes, ...]:
    found: list[bytes] = []
    for path, content in _contents(folder):
        if not content.startswith(_PEM):
            found.append(content)
            continue
        try:
            found.append(x509.load_pem_x509_crl(content).public_bytes(Encoding.DER))
        except ValueError as exc:
            raise DirectoryError(f"{path.name} holds no revocation list") from exc
    return tuple(found)


def _contents(folder: Path) -> list[tuple[Path, bytes]]:
    try:
        paths = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
        return [(path, path.read_bytes()) for path in paths]
    except FileNotFoundError:
        return []
    except OSError as exc:
        raise DirectoryError(f"{folder.name} cannot be read") from exc
