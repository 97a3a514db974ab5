# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ZIP around files and their signature (ASiC-E, ETSI EN 319 162-1 §4.4), in one spelling (docs/formats/asice.md).

Nothing is compressed and no date is kept, so files and signature alone decide every byte. Reading is writing again and
comparing: what hides in a ZIP (a second file of the same name, a path out of the folder, a bomb, bytes between, before
or after the entries) makes it another ZIP.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final

from townhall_crypto.errors import ContainerRefusal, ContainerRefusedError, ProgrammingError

MEDIA_TYPE: Final = "application/vnd.etsi.asic-e+zip"
MAX_CONTAINER_BYTES: Final = 15 * 1024 * 1024
MAX_FILES: Final = 16

_MIMETYPE: Final = "mimetype"
_MANIFEST: Final = "META-INF/manifest.xml"
_SIGNATURES: Final = "META-INF/signatures0.xml"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,59}\.(?:pdf|xml|json|txt)")
_MEDIA_TYPES: Final = {
    "pdf": "application/pdf",
    "xml": "application/xml",
    "json": "application/json",
    "txt": "text/plain",
}
_BEGINNING_OF_TIME: Final = (1980, 1, 1, 0, 0, 0)  # of ZIP
_UNREADABLE: Final = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    ValueError,
    TypeError,
    LookupError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
)


@dataclass(frozen=True, slots=True)
class ContainerFile:
    """One signed file; its name says what it is."""

    name: str
    content: bytes = field(repr=False)

    @property
    def media_type(self) -> str:
        """By the end of the name."""
        return _MEDIA_TYPES[self.name.rpartition(".")[2]]


@dataclass(frozen=True, slots=True)
class Container:
    """What a container holds; the signature is not checked here."""

    files: tuple[ContainerFile, ...]
    signatures: bytes = field(repr=False)


def write_container(container: Container) -> bytes:
    """Return the one container of these files and this signature.

    Raises:
        ProgrammingError: a name is outside the format or comes twice, or there is no file, or too many.
    """
    names = [file.name for file in container.files]
    if not 0 < len(names) <= MAX_FILES or len(set(names)) != len(names) or not all(map(_NAME.fullmatch, names)):
        raise ProgrammingError("a container of other files than the format knows")
    output = BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        _add(archive, _MIMETYPE, MEDIA_TYPE.encode("ascii"))
        for file in container.files:
            _add(archive, file.name, file.content)
        _add(archive, _MANIFEST, _manifest(container.files))
        _add(archive, _SIGNATURES, container.signatures)
    return output.getvalue()


def read_container(untrusted: bytes) -> Container:
    """Return what a container holds, if it is spelled as ``write_container`` does.

    Raises:
        ContainerRefusedError: with the reason.
    """
    if len(untrusted) > MAX_CONTAINER_BYTES:
        raise ContainerRefusedError(ContainerRefusal.TOO_LARGE)
    try:
        container = _read(untrusted)
        is_one_spelling = write_container(container) == untrusted
    except (*_UNREADABLE, ProgrammingError):
        raise ContainerRefusedError(ContainerRefusal.NOT_A_CONTAINER) from None
    if not is_one_spelling:
        raise ContainerRefusedError(ContainerRefusal.NOT_A_CONTAINER)
    return container


def _read(untrusted: bytes) -> Container:
    with zipfile.ZipFile(BytesIO(untrusted)) as archive:
        entries = archive.infolist()
        # Stored entries, each no longer than the container: nothing grows while it is read.
        is_plain = all(
            each.compress_type == zipfile.ZIP_STORED and each.file_size == each.compress_size for each in entries
        )
        if not is_plain or len(entries) > MAX_FILES + 3 or sum(each.file_size for each in entries) > len(untrusted):
            raise ContainerRefusedError(ContainerRefusal.NOT_A_CONTAINER)
        read = [(each.filename, archive.read(each)) for each in entries]
    _mimetype, *files, _manifest_file, (_name, signatures) = read
    return Container(tuple(ContainerFile(name, content) for name, content in files), signatures)


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, _BEGINNING_OF_TIME)
    info.create_system = info.external_attr = 0
    info.create_version = info.extract_version = 20
    archive.writestr(info, content)


def _manifest(files: Sequence[ContainerFile]) -> bytes:
    """OpenDocument 1.2 part 3 §3.2; names and types need no escaping, the format allows no such signs."""
    entry = '<manifest:file-entry manifest:full-path="{}" manifest:media-type="{}"/>'
    entries = [entry.format("/", MEDIA_TYPE), *(entry.format(file.name, file.media_type) for file in files)]
    namespace = 'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
    body = "\n".join(entries)
    return f'<manifest:manifest {namespace} manifest:version="1.2">\n{body}\n</manifest:manifest>\n'.encode("ascii")
