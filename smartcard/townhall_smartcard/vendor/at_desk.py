# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One card in one reader, read and perhaps used through its vendor's module: for commands that end after it."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from townhall_crypto.card_signature import Scheme, is_card_signature
from townhall_process.errors import ProcessError
from townhall_smartcard.errors import (
    CardError,
    CardModuleError,
    CardUnreadableError,
    CardUnsupportedError,
    ReaderBusyError,
)
from townhall_smartcard.messages import CardStatement, PinRole
from townhall_smartcard.national.at_desk import KeyUse, NationalOutcome, NationalRead, atr_in
from townhall_smartcard.national.contract import NationalContents
from townhall_smartcard.national.pkcs15_keys import plain_signature
from townhall_smartcard.national.transaction import require_digest
from townhall_smartcard.pcsc import open_slots
from townhall_smartcard.pins import PinRefusal
from townhall_smartcard.vendor.client import ModuleClient, running
from townhall_smartcard.vendor.keys import ModuleKey, document_number, issuers, keys_by_role
from townhall_smartcard.vendor.messages import (
    DESCRIPTION_BYTES,
    KeysShown,
    Made,
    PinUseless,
    ShowKeys,
    UseKey,
)
from townhall_smartcard.vendor.modules import VendorModule, modules_for

PIN_PAD_S: Final = 60.0
"""How long somebody may take to enter a PIN at the reader's own keys."""


def read_with_modules(reader: str, modules: Sequence[VendorModule], *uses: KeyUse) -> NationalOutcome | None:
    """Read the card in a reader through the first module that knows it; None: no module is for this card.

    PINs are wiped. A module that fails is the outcome: no other is asked in its place.
    """
    try:
        named = modules_for(atr_in(reader), modules)
        if named and has_a_double(reader, _readers()):
            return ReaderBusyError("another reader's name begins alike, and a module could not tell them apart")
        for module in named:
            copies = tuple(replace(use, pin=bytearray(use.typed)) for use in uses)
            outcome = read_with_module(reader, module, *copies)
            if not isinstance(outcome, CardUnsupportedError):
                return outcome
    except CardError as exc:
        return exc
    finally:
        for use in uses:
            use.wipe()
    return None


def has_a_double(reader: str, all_readers: Iterable[str]) -> bool:
    """Tell whether a module cannot tell this reader from another: it knows no more than the beginning of a name."""
    seen = reader.encode()[:DESCRIPTION_BYTES].rstrip()
    return any(each.encode()[:DESCRIPTION_BYTES].rstrip() == seen for each in all_readers if each != reader)


def _readers() -> tuple[str, ...]:
    with open_slots() as slots:
        return tuple(slot.name for slot in slots.wait(0.0))


def read_with_module(reader: str, module: VendorModule, *uses: KeyUse) -> NationalOutcome:
    """Read the card in a reader through a module, then use its keys; PINs are wiped. A card that fails is an outcome.

    An empty PIN asks for it at the reader's own keys, where it has some. None is sent on a last try. After one that led
    to nothing no other key is used: both may have the same PIN.
    """
    try:
        return asyncio.run(_read(reader, module, uses))
    except CardError as exc:
        return exc
    except ProcessError as exc:
        return CardModuleError(f"{module.name}: {exc.code}")
    finally:
        for use in uses:
            use.wipe()


async def _read(reader: str, module: VendorModule, uses: tuple[KeyUse, ...]) -> NationalRead:
    async with running(module) as client:
        started = time.perf_counter()
        shown = await client.ask(ShowKeys(reader), module.deadline_s)
        if not isinstance(shown, KeysShown):
            raise CardModuleError(f"{module.name}: no answer of ours")
        keys = keys_by_role(shown.certificates)
        if not keys:
            raise CardUnsupportedError(module.name)
        marks = {"read": time.perf_counter() - started}
        made: dict[PinRole, bytes | PinRefusal] = {}
        for use in uses:
            if (key := keys.get(use.role)) is not None:
                started = time.perf_counter()
                deadline_s = module.deadline_s + (PIN_PAD_S if key.shown.has_pin_pad else 0.0)
                made[use.role] = await _use(client, key, use, deadline_s)
                marks[use.role.value] = time.perf_counter() - started
                if isinstance(made[use.role], PinRefusal):
                    break
    contents = NationalContents(
        stated=CardStatement(document_number=document_number(keys.values())),
        certificates={role: key.shown.certificate for role, key in keys.items()},
        algorithms={role: key.algorithm for role, key in keys.items()},
        tries={role: key.shown.tries for role, key in keys.items() if key.shown.tries is not None},
        issuers=issuers(shown.certificates),
    )
    return NationalRead(module, contents, made, 0, sum(marks.values()), marks)


async def _use(client: ModuleClient, key: ModuleKey, use: KeyUse, deadline_s: float) -> bytes | PinRefusal:
    """Have a key sign, and check the signature by its certificate.

    Raises:
        CardUnreadableError: the certificate does not verify it.
    """
    algorithm = key.algorithm
    digest = algorithm.digest.of(use.message)
    require_digest(algorithm, digest)
    asked = UseKey(key.number, algorithm.scheme, algorithm.digest, digest, use.typed)
    answer = await client.ask(asked, deadline_s)
    match answer:
        case PinUseless(reason, tries_left):
            return PinRefusal(reason, tries_left)
        case Made(untrusted):
            is_curve = algorithm.scheme is Scheme.ECDSA
            signature = plain_signature(untrusted, key.bytes_wide) if is_curve else untrusted
            if is_card_signature(key.shown.certificate, algorithm, digest, signature):
                return signature
            raise CardUnreadableError("a signature that the card's certificate does not verify")
        case _:
            raise CardModuleError("no answer of ours")
