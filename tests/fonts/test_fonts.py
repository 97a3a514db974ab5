# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The bundled fonts are there, whole, and may be passed on."""

import hashlib
from pathlib import Path

import pytest

from townhall_fonts import FONT_DIRECTORY, FONT_FILES

SHA256 = {
    "NotoSans-Bold.ttf": "e83493c945848ecd4a9ad0f6d19164541a0d3e23a9c952304a00a46e00272ac5",
    "NotoSans-Regular.ttf": "89c3c497f618fdaa0b2d1e98fef93582f28c71debd2c4a8cdf41f190ced2909d",
    "NotoSansArabic-Bold.ttf": "ded6fc7359ca36d15d7aab9ef0c066e21ce48b26a069994d6602fa2cb9a1b952",
    "NotoSansArabic-Regular.ttf": "504d7407d86875acf7d04dfaa0fd7524d0b8797723bc4aa18022f29db25b0b6e",
}


def test_the_folder_holds_the_named_files_and_nothing_else() -> None:
    assert sorted(FONT_DIRECTORY.iterdir()) == sorted(FONT_FILES)


@pytest.mark.parametrize("name", sorted(SHA256))
def test_a_font_is_byte_for_byte_what_debian_packages(name: str) -> None:
    assert hashlib.sha256((FONT_DIRECTORY / name).read_bytes()).hexdigest() == SHA256[name]


@pytest.mark.parametrize("file", FONT_FILES, ids=lambda file: file.stem)
def test_a_font_says_that_it_is_under_the_open_font_licence(file: Path) -> None:
    assert "SIL Open Font License, Version 1.1".encode("utf-16-be") in file.read_bytes()
