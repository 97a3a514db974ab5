# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One target under libFuzzer, in a process of its own, which a finding ends: ``python -m townhall_fuzz.one NAME ...``.

What follows the name goes to libFuzzer as it is.
"""

import shlex
import sys

import atheris

with atheris.instrument_imports(include=["townhall_smartcard", "townhall_crypto", "asn1crypto"]):
    from townhall_fuzz.targets import TARGETS


def main() -> None:
    """Run until libFuzzer has had enough, or something is found."""
    _, name, *options = sys.argv
    again = shlex.join([sys.executable, "-m", "townhall_fuzz.one", name])  # libFuzzer starts itself anew by its shell
    atheris.Setup([again, *options], TARGETS[name].feed)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
