# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One register as the catalogue has it: its names in every language, its registrar's keys, its newest extract."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, Literal

import msgspec

from townhall_forms.errors import RegisterRefusedError
from townhall_forms.form import Form
from townhall_forms.registers.extract import Bytes, Extract, ExtractHead, read_extract
from townhall_forms.registers.naming import NamedExtract
from townhall_forms.registers.statement import REGISTRAR_KEY_BYTES, source_of

DESCRIPTION_FILE: Final = "register.json"
KEY_SUFFIX: Final = ".key"
EXTRACT_SUFFIX: Final = ".extract"

_Title = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class _Description(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """register.json as written."""

    version: Literal[1]
    titles: Annotated[dict[str, _Title], msgspec.Meta(min_length=1)]


@dataclass(frozen=True, slots=True)
class Registrar:
    """Who keeps a register: its names by BCP 47 language, and the keys that sign for it (Ed25519, raw)."""

    titles: Mapping[str, str]
    keys: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class KnownRegister:
    """What is known of a register without its records."""

    registrar: Registrar
    head: ExtractHead

    @property
    def named(self) -> NamedExtract:
        """What people read of its extract."""
        return NamedExtract(self.registrar.titles, self.head.stated)


def read_registrar(name: str, files: Mapping[str, Bytes]) -> Registrar:
    """Read names and keys in the folder of a register.

    Raises:
        RegisterRefusedError: something is missing or not what its name says.
    """
    try:
        description = msgspec.json.decode(files[DESCRIPTION_FILE], type=_Description)
    except (KeyError, msgspec.MsgspecError, UnicodeDecodeError) as exc:
        raise RegisterRefusedError(f"{name}: no {DESCRIPTION_FILE}, or another format") from exc
    keys = tuple(bytes(content) for path, content in sorted(files.items()) if path.endswith(KEY_SUFFIX))
    if not keys or any(len(key) != REGISTRAR_KEY_BYTES for key in keys):
        raise RegisterRefusedError(f"{name}: no registrar's key, or one that has not 32 bytes (Ed25519)")
    return Registrar(description.titles, keys)


def read_register(name: str, files: Mapping[str, Bytes], today: date) -> tuple[KnownRegister, Extract]:
    """Read the folder of a register; of several extracts the newest counts, and none of a day to come.

    Raises:
        RegisterRefusedError: something is missing or not what its name says.
    """
    registrar = read_registrar(name, files)
    extracts = {path: read_extract(content) for path, content in files.items() if path.endswith(EXTRACT_SUFFIX)}
    for path, extract in extracts.items():
        if (name, path) != (extract.head.register, f"{extract.head.stated.isoformat()}{EXTRACT_SUFFIX}"):
            raise RegisterRefusedError(f"{name}: {path} is of another register or day")
    current = [extract for extract in extracts.values() if extract.head.stated <= today]
    if not current:
        raise RegisterRefusedError(f"{name}: no extract of a day that has come")
    newest = max(current, key=lambda extract: extract.head.stated)
    return KnownRegister(registrar, newest.head), newest


def asked_values(form: Form) -> dict[str, set[str]]:
    """Return what a form asks of registers: names of values by register."""
    asked: dict[str, set[str]] = {}
    for bind in form.binds.values():
        source = source_of(bind.prefill)
        if source is not None:
            asked.setdefault(source.register, set()).add(source.value)
    return asked
