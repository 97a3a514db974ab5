# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The command line of OpenSSL: an outside maker and judge of keys, signatures and CMS."""

import subprocess
from pathlib import Path


def openssl(*arguments: str | Path, given: bytes = b"") -> bytes:
    """Run one command of OpenSSL and return what it prints."""
    done = subprocess.run(["openssl", *map(str, arguments)], input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
