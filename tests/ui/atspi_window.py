# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A window as a process of its own: shows the screen whose name stands on each line of its standard input.

For ``test_atspi``: an outside client looks at it over the accessibility bus. It answers each line when the screen is
there. ``press`` on a line waits until an intent has come and answers with its repr.
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from PySide6.QtCore import QSocketNotifier
from PySide6.QtWidgets import QApplication

from townhall_fonts import FONT_FILES
from townhall_ui.screens import Active, Intent
from townhall_ui.theme import Theme
from townhall_ui.window import Window


def _load_samples() -> ModuleType:
    spec = importlib.util.spec_from_file_location("samples", Path(__file__).with_name("sampler.py"))
    if spec is None or spec.loader is None:
        raise FileNotFoundError("sampler.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["samples"] = module
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Show screens until standard input ends."""
    application = QApplication(["townhall"])
    samples = _load_samples()
    sampler = samples.Sampler(sys.argv[1])
    intents: list[Intent] = []
    window = Window(Theme(118, FONT_FILES), intents.append)
    window.resize(1280, 800)
    window.show()

    def read() -> None:
        line = sys.stdin.readline().strip()
        if not line:
            application.quit()
            return
        if line == "intents":
            print([intent for intent in intents if not isinstance(intent, Active)], flush=True)
            return
        intents.clear()
        window.show_screen(sampler.all()[line])
        application.processEvents()
        print(line, flush=True)

    notifier = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(read)
    print("ready", *sampler.all(), flush=True)
    application.exec()


if __name__ == "__main__":
    main()
