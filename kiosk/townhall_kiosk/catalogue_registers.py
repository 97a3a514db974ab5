# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The registers of the verified catalogue that this kiosk's forms ask: what is still valid, and why the rest is not.

Without a register nothing is lost but comfort: the form asks the person.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Final

from townhall_forms.errors import RegisterRefusedError
from townhall_forms.registers.extract import Bytes, Extract, ExtractHead
from townhall_forms.registers.register import EXTRACT_SUFFIX, KnownRegister, Registrar, read_register
from townhall_kiosk.errors import PartExpiredError
from townhall_kiosk.messages import RegisterFacts
from townhall_sync.catalogue_copy import Catalogue
from townhall_sync.catalogue_parts import Part
from townhall_sync.errors import SyncError

Hide = Callable[[str, str], None]
Registers = Mapping[str, tuple[KnownRegister, Extract]]
_ALL: Final = Part.REGISTERS.role


def read_registers(catalogue: Catalogue, asked: Collection[str], now: int, hide: Hide) -> Registers:
    """Return those of ``asked`` that can be used at ``now``; ``hide`` hears of the others, with the reason's code."""
    signed = catalogue.parts.get(Part.REGISTERS)
    if not asked:
        return {}
    if signed is None or now >= signed.until:
        hide(_ALL, PartExpiredError.code)
        return {}
    found: dict[str, tuple[KnownRegister, Extract]] = {}
    for name in sorted(asked):
        try:
            files = _files(catalogue, name)
            found[name] = read_register(name, files, datetime.fromtimestamp(now, UTC).date())
        except (RegisterRefusedError, SyncError) as exc:
            hide(f"register-{name}", exc.code)
    return found


def _files(catalogue: Catalogue, name: str) -> dict[str, Bytes]:
    """Return a register's files by name; extracts as they lie on the disk, since one may hold a town's people."""
    folder = f"registers/{name}/"
    return {
        path.removeprefix(folder): catalogue.map(path) if path.endswith(EXTRACT_SUFFIX) else catalogue.read(path)
        for path in catalogue.paths(Part.REGISTERS)
        if path.startswith(folder)
    }


def facts_of(registers: Registers) -> tuple[RegisterFacts, ...]:
    """Return what a visit gets of them: no record."""
    return tuple(
        RegisterFacts(
            known.head.register,
            known.head.stated.isoformat(),
            known.head.point,
            known.registrar.keys,
            dict(known.registrar.titles),
        )
        for known, _extract in registers.values()
    )


def known_registers(facts: Collection[RegisterFacts]) -> dict[str, KnownRegister]:
    """Return what the keeper verified, as a visit uses it."""
    return {
        each.register: KnownRegister(
            Registrar(each.titles, each.keys),
            ExtractHead(each.register, datetime.fromisoformat(each.date).date(), each.point),
        )
        for each in facts
    }
