# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A desk that uses a key through a module, then looks for the PIN in all of its own memory.

``pin_in_memory.py READER MODULE DEADLINE keep|wipe`` prints the outcome's type and how often the PIN was found beside
the pattern that it looks for; ``keep`` holds on to a copy, so that looking is seen to find.
"""

import os
import sys
from pathlib import Path

from townhall_smartcard.messages import PinRole
from townhall_smartcard.national.at_desk import KeyUse
from townhall_smartcard.vendor.at_desk import read_with_module
from townhall_smartcard.vendor.modules import VendorModule

MASK = 0x55
MASKED = os.urandom(16)  # the PIN itself is no constant of this program


def unmasked() -> bytearray:
    pin = bytearray(len(MASKED))
    for place, each in enumerate(MASKED):
        pin[place] = each ^ MASK
    return pin


def count_in_memory() -> int:
    pattern, found = unmasked(), 0
    for line in Path("/proc/self/maps").read_text().splitlines():
        addresses, rights = line.split()[:2]
        if not rights.startswith("rw"):
            continue
        start, end = (int(each, 16) for each in addresses.split("-"))
        with Path("/proc/self/mem").open("rb", buffering=0) as memory:
            memory.seek(start)
            try:
                found += memory.read(end - start).count(pattern)
            except OSError:
                continue  # a page of the kernel's
    return found - 1


reader, module, deadline_s, what = sys.argv[1:]
asked = KeyUse(PinRole.AUTHENTICATION, unmasked(), b"townhall test of a module")
kept = bytes(asked.typed) if what == "keep" else b""
outcome = read_with_module(reader, VendorModule("faulty", Path(module), (), "", float(deadline_s), True), asked)
print(type(outcome).__name__, count_in_memory())  # noqa: T201  # its answer
