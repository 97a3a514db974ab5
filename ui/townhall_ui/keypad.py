# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Keys of a tactile keypad that do the same on every screen, and the keys on the glass that turn pages of keys.

A keypad sends four arrows and Enter to move and select; these are the rest of it.
"""

from typing import Final

from PySide6.QtCore import Qt

from townhall_ui.screens import AskedForWays, CalledForHelp, Frame, Intent, TurnedVolume

REPEAT_KEYS: Final = frozenset({Qt.Key.Key_F5, Qt.Key.Key_Refresh})
_LOUDER_KEYS: Final = frozenset({Qt.Key.Key_VolumeUp, Qt.Key.Key_F7})
_QUIETER_KEYS: Final = frozenset({Qt.Key.Key_VolumeDown, Qt.Key.Key_F6})
_HELP_KEYS: Final = frozenset({Qt.Key.Key_F1, Qt.Key.Key_Help})
_WAYS_KEYS: Final = frozenset({Qt.Key.Key_F2, Qt.Key.Key_Menu})
PAGE_KEYS: Final = frozenset({"key:symbols", "key:more", "key:script", "key:shift"})


def intent_of_key(key: int, frame: Frame) -> Intent | None:
    """What a key of the keypad asks for on a screen; None for other keys and for what the screen does not offer."""
    if key in _LOUDER_KEYS:
        return TurnedVolume(1)
    if key in _QUIETER_KEYS:
        return TurnedVolume(-1)
    if key in _HELP_KEYS and frame.help is not None:
        return CalledForHelp()
    if key in _WAYS_KEYS and frame.ways is not None:
        return AskedForWays()
    return None
