# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which nodes no answer can change, and which of them the engine itself gives a value to."""

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from townhall_forms.binds import Bind, Preload

_INSTANCE_ID = re.compile(r"/[^/]+/meta/instanceID")


def read_preloads(paths: Iterable[str], binds: Mapping[str, Bind], asked: AbstractSet[str]) -> Mapping[str, Preload]:
    """Return what the engine puts in before the first answer, by path; ``asked`` are the paths of controls."""
    preloads: dict[str, Preload] = {}
    for path in paths:
        bind = binds.get(path)
        if bind is not None and (bind.preload is not Preload.NONE or bind.calculate is not None):
            found = bind.preload
        else:
            # Every engine gives a record its identity, whether or not the form asks for it (ODK XForms, Metadata).
            is_identity = _INSTANCE_ID.fullmatch(path) is not None and path not in asked
            found = Preload.INSTANCE_ID if is_identity else Preload.NONE
        if found is not Preload.NONE:
            preloads[path] = found
    return preloads


def fixed_paths(
    paths: Iterable[str], binds: Mapping[str, Bind], asked: AbstractSet[str], preloads: Mapping[str, Preload]
) -> frozenset[str]:
    """Return the paths that are calculated, preloaded, asked by no control, or read only by a plain `true()`.

    ``paths`` come outer before inner ones.
    """
    fixed: set[str] = set()
    closed: set[str] = set()  # read only, with everything inside
    for path in paths:
        bind = binds.get(path)
        is_closed = bind is not None and bind.readonly is not None and bind.readonly.is_always_true
        if is_closed or path.rpartition("/")[0] in closed:
            closed.add(path)
        if path in closed or path in preloads or path not in asked or (bind is not None and bind.calculate is not None):
            fixed.add(path)
    return frozenset(fixed)
