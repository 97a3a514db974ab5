# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Takes master lists and revocation lists of states out of what they are published in: LDIF, ZIP, or a list alone.

ICAO's directory gives LDIF (RFC 2849), Germany a ZIP archive with one list. Only what a kiosk would use is written; the
rest is told with its reason, so that one state's fault stops nobody.
"""

import base64
import binascii
import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from townhall_central.errors import CatalogueContentError
from townhall_central.repository.signing_keys import write_whole
from townhall_crypto.state_trust import StateTrust, StateTrustFiles, load_state_trust
from townhall_sync.catalogue_state_trust import AUTHORITIES, CRLS, MASTER_LISTS

_MAX_BYTES: Final = 64 << 20
"""Of one list; a kiosk takes no longer file."""
_MAX_MEMBERS: Final = 1000
_ATTRIBUTES: Final = {
    "cscamasterlistdata": MASTER_LISTS,
    "pkdmasterlistcontent": MASTER_LISTS,
    "certificaterevocationlist;binary": CRLS,
}
_SUFFIXES: Final = {".ml": MASTER_LISTS, ".crl": CRLS}
_ZIP: Final = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file: the lists that were written, and those that were left out and why."""

    written: tuple[str, ...]
    left_out: tuple[str, ...]


def take_lists(directory: Path, source: Path, now: int) -> Taken:
    """Put the usable lists of ``source`` among what is to be published, beside those that are there.

    Raises:
        CatalogueContentError: the file cannot be read, or holds no list at all.
    """
    try:
        content = source.read_bytes()
    except OSError as exc:
        raise CatalogueContentError(f"{source.name}: {exc.strerror}") from exc
    found = dict.fromkeys(_lists_of(content, source))
    if not found:
        raise CatalogueContentError(f"{source.name} holds no list: neither LDIF nor ZIP with one, nor .ml, nor .crl")
    known = {folder: _known(directory, folder) for folder in (AUTHORITIES, MASTER_LISTS, CRLS)}
    offered = {kind: _named(kind, found) for kind in (MASTER_LISTS, CRLS)}
    trust = load_state_trust(
        StateTrustFiles(known[AUTHORITIES], known[MASTER_LISTS] | offered[MASTER_LISTS], known[CRLS] | offered[CRLS]),
        datetime.fromtimestamp(now, UTC),
    )
    return _write(directory, offered, trust, now)


def _write(directory: Path, offered: Mapping[str, Mapping[str, bytes]], trust: StateTrust, now: int) -> Taken:
    written, left_out = [], []
    loaded = {each.source: each for each in (*trust.master_lists, *trust.crls)}
    refused = {each.source: f"{each.reason.value} {each.detail}".strip() for each in trust.refused}
    for folder, files in offered.items():
        for path, content in files.items():
            entry = loaded.get(path)
            if entry is None:
                left_out.append(f"{path}: {refused[path]}")
                continue
            if entry.until is not None and entry.until.timestamp() <= now:
                left_out.append(f"{path} of {entry.country} ended {entry.until:%Y-%m-%d}")
                continue
            name = f"{folder}/{entry.country.lower()}-{Path(path).name}"
            write_whole(directory / name, content)
            written.append(f"{name}: {entry.entries} entries")
    return Taken(tuple(written), tuple(left_out))


def _named(folder: str, found: Iterable[tuple[str, bytes]]) -> dict[str, bytes]:
    """Name lists by their bytes: what comes again gets the same name."""
    suffix = next(suffix for suffix, kind in _SUFFIXES.items() if kind == folder)
    return {f"{folder}/{hashlib.sha256(each).hexdigest()[:12]}{suffix}": each for kind, each in found if kind == folder}


def _known(directory: Path, folder: str) -> dict[str, bytes]:
    path = directory / folder
    return {f"{folder}/{each.name}": each.read_bytes() for each in sorted(path.iterdir())} if path.is_dir() else {}


def _lists_of(content: bytes, source: Path) -> Iterator[tuple[str, bytes]]:
    if content.startswith(_ZIP):
        yield from _of_zip(content, source)
    elif source.suffix.lower() in _SUFFIXES:
        yield _SUFFIXES[source.suffix.lower()], content
    else:
        yield from _of_ldif(content)


def _of_zip(content: bytes, source: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist()[:_MAX_MEMBERS]:
                kind = _SUFFIXES.get(Path(member.filename).suffix.lower())
                if kind is None or member.file_size > _MAX_BYTES:
                    continue
                with archive.open(member) as file:
                    yield kind, file.read(_MAX_BYTES)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as exc:
        raise CatalogueContentError(f"{source.name} is no archive that can be read") from exc


def _of_ldif(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Find the attributes that hold lists; a line that begins with a space goes on with the one before."""
    unfolded = content.replace(b"\r\n", b"\n").replace(b"\n ", b"")
    for line in unfolded.split(b"\n"):
        name, parted, value = line.partition(b"::")
        kind = _ATTRIBUTES.get(name.decode("ascii", errors="replace").strip().lower())
        if parted and kind is not None:
            try:
                yield kind, base64.b64decode(value.strip(), validate=True)
            except binascii.Error as exc:
                raise CatalogueContentError("a list of the LDIF is not in base64") from exc
