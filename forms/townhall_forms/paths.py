# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Paths as binds, controls and actions write them, and the node of the definition that each one means."""

from collections.abc import Mapping

from townhall_forms.errors import FormRefusedError, RefusalCause
from townhall_forms.nodes import Node


def canonical_path(written: str, root: str, base: str = "") -> str:
    """Return a written path from the root element, without prefixes; a relative one starts at ``base`` or the root."""
    written = written.strip().removeprefix("current()/")
    steps = [] if written.startswith("/") else (base or f"/{root}").split("/")
    for each in written.split("/"):
        step = each.strip()
        is_attribute = step.startswith("@")
        local = step.removeprefix("@").rpartition(":")[2]
        if local == "..":
            steps = steps[:-1]
        elif local != ".":
            steps.append(f"@{local}" if is_attribute else local)
    return "/" + "/".join(filter(None, steps))


def absolute_path(written: str, nodes: Mapping[str, Node], base: str = "") -> str:
    """Return the canonical path of what a bind or control names; ``nodes`` begin with the root element."""
    return canonical_path(written, next(iter(nodes.values())).local, base)


def existing_path(written: str, nodes: Mapping[str, Node], what: str, base: str = "") -> str:
    """Return the canonical path of a node that is in the instance.

    Raises:
        FormRefusedError: it is not.
    """
    path = absolute_path(written, nodes, base)
    if path not in nodes:
        raise FormRefusedError(RefusalCause.BAD_REFERENCE, f"{what} to a node that is not in the instance", path)
    return path
