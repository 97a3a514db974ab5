# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Inputs that are kept: one archive a target, the same bytes for the same inputs."""

import hashlib
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

CORPUS: Final = Path(__file__).resolve().parents[1] / "corpus"
MENDED: Final = CORPUS.with_name("mended")


def mended(name: str) -> list[bytes]:
    """Return what was a finding of this target once; kept by hand, as TARGET.ANYTHING."""
    return [path.read_bytes() for path in sorted(MENDED.glob(f"{name}.*"))]


def kept(name: str, corpus: Path = CORPUS) -> list[bytes]:
    """Return the inputs of a target, always in the same order; none of a target that was never run."""
    path = corpus / f"{name}.zip"
    if not path.exists():
        return []
    with zipfile.ZipFile(path) as archive:
        return [archive.read(member) for member in archive.namelist()]


def keep(name: str, contents: Iterable[bytes], corpus: Path = CORPUS) -> None:
    """Keep these inputs of a target, and no others."""
    named = {hashlib.sha256(content).hexdigest()[:32]: content for content in contents}
    corpus.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(corpus / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for member in sorted(named):
            archive.writestr(zipfile.ZipInfo(member), named[member], zipfile.ZIP_DEFLATED)
