# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The files beside a form, read when the form asks for one: for the tools of authors, never for a kiosk."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from townhall_forms.external import MAX_RESOURCE_BYTES


class FolderResources(Mapping[str, bytes]):
    """The plain files of one folder by name. What is longer than a form may use is cut one byte behind that."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getitem__(self, name: str) -> bytes:
        """Read a file.

        Raises:
            KeyError: there is no such file in the folder itself.
        """
        if name not in self:
            raise KeyError(name)
        with (self._folder / name).open("rb") as file:
            return file.read(MAX_RESOURCE_BYTES + 1)

    def __contains__(self, name: object) -> bool:
        """Say whether there is such a file, without reading it."""
        path = self._folder / str(name)
        return path.parent == self._folder and path.is_file()

    def __iter__(self) -> Iterator[str]:
        return (path.name for path in sorted(self._folder.iterdir()) if path.is_file())

    def __len__(self) -> int:
        return sum(1 for _name in self)
