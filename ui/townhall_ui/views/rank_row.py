# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One thing that is ranked, and the buttons that move it: the same on a ballot and in a form."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from townhall_ui.buttons import Button, Kind
from townhall_ui.icons import Icon
from townhall_ui.look import Look
from townhall_ui.marks import MarkButton
from townhall_ui.screens import RankWords
from townhall_ui.theme import GAP_MM

_TOOLS_SHARE = 50
"""Of a row's width: where the buttons with words would take more, they carry their signs alone."""


class RankRow(QWidget):
    """A candidate or choice, and while it has a rank, the buttons that change it."""

    def __init__(self, button: MarkButton, tools: tuple[Button, ...], look: Look, width: int) -> None:
        super().__init__()
        self.button, self.tools = button, tools
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(look.px(GAP_MM))
        row.addWidget(button, 1)
        for tool in tools:
            tool.hide()
            row.addWidget(tool, 0, Qt.AlignmentFlag.AlignVCenter)
        taken = sum(tool.sizeHint().width() + look.px(GAP_MM) for tool in tools)
        heights = [button.heightForWidth(width), button.heightForWidth(width - taken)]
        self.setFixedHeight(max(*heights, *(tool.minimumHeight() for tool in tools)))
        self.setMinimumWidth(button.minimumSizeHint().width() + taken)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_tools(self, *, is_ranked: bool) -> None:
        """Offer the buttons or hide them; whoever was on one is on the candidate then."""
        had_focus = any(tool.hasFocus() for tool in self.tools)
        for tool in self.tools:
            tool.setVisible(is_ranked)
        if had_focus and not is_ranked:
            self.button.setFocus(Qt.FocusReason.TabFocusReason)


def rank_tools(
    button: MarkButton, words: RankWords, look: Look, width: int, acts: tuple[Callable[[], None], ...]
) -> tuple[Button, ...]:
    """Buttons that move up, move down and take out; ``acts`` says what each does, ``width`` is that of the row."""
    captions = (words.move_up, words.move_down, words.take_out)
    probes = [Button(caption, look, Kind.TOOL, icon=Icon.UP) for caption in captions]
    wide = sum(probe.sizeHint().width() + look.px(GAP_MM) for probe in probes)
    has_words = wide <= width * _TOOLS_SHARE // 100
    tools: list[Button] = []
    parts = zip(("up", "down", "out"), captions, (Icon.UP, Icon.DOWN, Icon.CLOSE), acts, strict=True)
    for name, caption, icon, act in parts:
        tool = Button(caption if has_words else "", look, Kind.TOOL, icon=icon, name=f"{caption}: {button.label}")
        tool.setObjectName(f"{name}:{button.candidate.id}")
        tool.clicked.connect(act)
        tools.append(tool)
    return tuple(tools)
