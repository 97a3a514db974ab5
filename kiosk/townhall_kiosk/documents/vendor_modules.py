# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The operator's file of PKCS#11 modules: one ``[[module]]`` table for each, TOML."""

import tomllib
from pathlib import Path
from typing import Annotated, Final

import msgspec

from townhall_kiosk.errors import ConfigurationError
from townhall_smartcard.national.atr import AtrPattern
from townhall_smartcard.vendor.modules import DEADLINE_S, VendorModule

_LONGEST_DEADLINE_S: Final = 300.0

_Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}$")]
_Country = Annotated[str, msgspec.Meta(pattern=r"^([A-Z]{2})?$")]
_Digits = Annotated[str, msgspec.Meta(pattern=r"^([0-9A-Fx]{2}){2,33}$")]
_Seconds = Annotated[float, msgspec.Meta(gt=0, le=_LONGEST_DEADLINE_S)]


class _Module(msgspec.Struct, forbid_unknown_fields=True):
    name: _Name
    path: str
    atrs: tuple[_Digits, ...] = ()
    any_card: bool = False
    country: _Country = ""
    deadline_s: _Seconds = DEADLINE_S
    writes_files: bool = False


class _Modules(msgspec.Struct, forbid_unknown_fields=True):
    module: tuple[_Module, ...]


def read_modules(path: Path | None) -> tuple[VendorModule, ...]:
    """Return the modules of a file, in its order; none where there is no file.

    Raises:
        ConfigurationError: it cannot be read, is not as it must be, names two alike, or leaves open for which cards.
    """
    if path is None:
        return ()
    try:
        with path.open("rb") as file:
            told = msgspec.convert(tomllib.load(file), _Modules).module
    except (OSError, ValueError, msgspec.MsgspecError) as exc:  # ValueError: no TOML, or no UTF-8
        raise ConfigurationError(f"{path.name}: {exc}") from exc
    if len({each.name for each in told}) != len(told):
        raise ConfigurationError(f"{path.name}: two modules of one name")
    return tuple(_checked(each, path.name) for each in told)


def _checked(told: _Module, file: str) -> VendorModule:
    if not Path(told.path).is_absolute():
        raise ConfigurationError(f"{file}: {told.name}: the path of a module begins at the root")
    if bool(told.atrs) == told.any_card:
        raise ConfigurationError(f"{file}: {told.name}: either `atrs` or `any_card = true`")
    return VendorModule(
        name=told.name,
        path=Path(told.path),
        atrs=tuple(AtrPattern.parse(each) for each in told.atrs),
        country=told.country,
        deadline_s=told.deadline_s,
        writes_files=told.writes_files,
    )
