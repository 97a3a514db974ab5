# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""kill -9 at each step of taking a newer catalogue: the copy is the old one or the new one, never a mixture."""

import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from townhall_central.simulation.catalogue import SimulatedAdministrators
from townhall_sync.catalogue import CatalogueStore
from townhall_sync.catalogue_outcomes import Refreshed, Unchanged
from townhall_sync.catalogue_source import DirectorySource

STEPS = frozenset({"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink"})
"""Audit events (PEP 578) of everything that changes a disk; a file is written between two of them."""


class Killed:
    """A child that refreshes and kills itself before its n-th step on the disk."""

    def __init__(self, store: CatalogueStore, stick: Path, step: int) -> None:
        self._left = step
        child = os.fork()
        if child == 0:
            sys.addaudithook(self._hook)
            store.refresh(DirectorySource(stick))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        self.came_to_its_end = os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0

    def _hook(self, event: str, _arguments: object) -> None:
        if event in STEPS:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def newer(town: SimulatedAdministrators, tmp_path: Path) -> Path:
    """A kiosk at version 1 in ``kiosk``, and a stick with version 2 with the same files."""
    store = CatalogueStore(tmp_path / "kiosk", town.bootstrap)
    assert isinstance(store.refresh(DirectorySource(town.export(tmp_path / "stick"))), Refreshed)
    town.release()
    return town.export(tmp_path / "stick")


@pytest.mark.parametrize("stride", [6, pytest.param(1, marks=pytest.mark.long)])
def test_kill_9_at_each_step_leaves_the_old_catalogue_or_the_new_one(
    stride: int, newer: Path, town: SimulatedAdministrators, tmp_path: Path
) -> None:
    seen = set()
    for step in range(1, 1000, stride):
        shutil.copytree(tmp_path / "kiosk", tmp_path / "disk", symlinks=True)
        store = CatalogueStore(tmp_path / "disk", town.bootstrap)
        killed = Killed(store, newer, step)
        left = store.open()
        assert left is not None
        assert left.is_whole()
        seen.add(left.version)
        outcome = store.refresh(DirectorySource(newer))
        assert outcome == (Unchanged() if left.version == 2 else Refreshed(2, ()))
        assert len(list((tmp_path / "disk" / "copies").iterdir())) <= 2, "what broke off is cleared away"
        shutil.rmtree(tmp_path / "disk")
        if killed.came_to_its_end:
            break
    assert killed.came_to_its_end
    assert step > 40
    assert seen == {1, 2}
