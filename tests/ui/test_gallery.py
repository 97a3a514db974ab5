# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every screen renders; set TOWNHALL_GALLERY to a folder to keep the pictures and look at them."""

import os
from pathlib import Path

from PySide6.QtGui import QImage


# (types of the fixtures)
def test_every_screen_is_painted_and_no_two_look_the_same(any_stage, sampler, tmp_path):
    folder = Path(os.environ.get("TOWNHALL_GALLERY", tmp_path))
    seen: dict[bytes, str] = {}
    for name, screen in sampler.all().items():
        png = any_stage.show(screen).grab_png()
        (folder / f"{any_stage.panel.width}-{sampler.language}-{name}.png").write_bytes(png)
        image = QImage.fromData(png, "PNG")
        colours = {image.pixel(x, y) for x in range(0, image.width(), 16) for y in range(0, image.height(), 16)}
        assert len(colours) > 4, name
        assert png not in seen, (name, seen.get(png))
        seen[png] = name
