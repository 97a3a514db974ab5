# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Finds the one stick that is put in. The system mounts it (packaging/ has the rule); the keeper only looks.

An empty mount point is a folder of the machine's own disk: what is written there would leave with nobody. So a stick is
a folder on another file system than the home and the root.
"""

from pathlib import Path

from townhall_kiosk.staff.errors import MediumError


def find_stick(removable: Path | None, home: Path) -> Path:
    """Return the folder of the stick: ``removable`` itself, or the one mount below it.

    Raises:
        MediumError: no stick is put in, or more than one, or this kiosk has no place for them.
    """
    if removable is None:
        raise MediumError("kiosk.toml names no place for sticks: removable")
    try:
        own = {home.stat().st_dev, Path("/").stat().st_dev}
        if removable.stat().st_dev not in own:
            return removable
        sticks = [each for each in sorted(removable.iterdir()) if each.is_dir() and each.stat().st_dev not in own]
    except OSError as exc:
        raise MediumError(f"{removable.name}: {exc.strerror}") from exc
    if len(sticks) != 1:
        raise MediumError("no stick is put in" if not sticks else "more than one stick is put in")
    return sticks[0]
