# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The page ``check.html``, and a copy of it that has one election in it."""

import base64
from importlib.resources import files

_EMPTY = '<script type="text/plain" id="baked"></script>'


def page_of(election: bytes) -> str:
    """Return the page with the bytes of ``election.json`` in it: base64, so that none of them is markup."""
    page = (files("townhall_checker") / "check.html").read_text(encoding="utf-8")
    before, after = page.split(_EMPTY)
    return f"{before}{_EMPTY.replace('><', f'>{base64.b64encode(election).decode()}<')}{after}"
