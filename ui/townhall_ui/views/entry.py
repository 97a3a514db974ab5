# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What every way to answer a question offers to the question's view."""

from PySide6.QtWidgets import QWidget


class Entry:
    """What every way to answer offers to the question's view.

    Attributes:
        side: keys at the side of the column, or None.
        below: keys at the foot of the column, or None.
        bar: keys beside the primary button, or None.
    """

    side: QWidget | None = None
    below: QWidget | None = None
    bar: QWidget | None = None

    @property
    def page(self) -> int:
        """Index of the page of choices that is shown."""
        return 0

    @property
    def pager(self) -> QWidget | None:
        """Buttons that turn the pages of choices; None where there is one page."""
        return None

    def build(self) -> QWidget:
        """The widget that comes next in the view's column."""
        return QWidget()

    def value(self) -> str:
        """The answer as it stands, in the form of ``QuestionScreen.value``."""
        return ""

    def set_value(self, value: str) -> None:
        """Take an answer over."""

    def type_in(self, text: str) -> None:
        """Take what the hardware keyboard wrote while the focus was elsewhere."""

    def delete_back(self) -> None:
        """Take its last sign back."""

    def describe(self, text: str) -> None:
        """Have a screen reader say ``text`` with the field."""

    def first_field(self) -> QWidget | None:
        """What has the focus first; None: the heading."""
        return None

    def show_page(self, page: int) -> None:
        """Show another page of choices."""
