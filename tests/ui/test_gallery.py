# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every screen is painted; set TOWNHALL_GALLERY to a folder to keep the pictures and look at them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.ui.sampler import Sampler
    from tests.ui.stage import Stage


def test_every_screen_is_painted_and_no_two_look_the_same(any_stage: Stage, sampler: Sampler) -> None:
    folder = os.environ.get("TOWNHALL_GALLERY")
    seen: dict[bytes, str] = {}
    for name, screen in sampler.all().items():
        image = any_stage.show(screen).grab().toImage()
        columns, rows = range(0, image.width(), 24), range(0, image.height(), 24)
        colours = [image.pixel(x, y) for x in columns for y in rows]
        assert len(set(colours)) > 4, name
        looks = bytes(image.constBits())
        assert looks not in seen, (name, seen.get(looks))
        seen[looks] = name
        if folder is not None:
            png = any_stage.window.grab_png()
            (Path(folder) / f"{any_stage.panel.width}-{sampler.language}-{name}.png").write_bytes(png)
