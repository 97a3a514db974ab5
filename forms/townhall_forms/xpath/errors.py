# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What can be wrong with an expression; the form's reader turns these into ``FormRefusedError``.

::

    XPathError
    ├── XPathSyntaxError        no XPath expression
    ├── UnknownFunctionError    no function of the standard
    ├── UnsupportedXPathError   of the standard, but not run here yet
    ├── XPathLimitError         too long or too deep
    └── XPathValueError         at run time: a value that the function cannot work on
"""


class XPathError(Exception):
    """Base; texts name expressions and functions, never values of an instance."""


class XPathSyntaxError(XPathError):
    """The text is no expression."""

    def __init__(self, detail: str, offset: int) -> None:
        super().__init__(f"{detail} at character {offset + 1}")
        self.offset = offset


class UnknownFunctionError(XPathError):
    """A function that the standard does not have, or with a number of arguments that it does not take."""


class UnsupportedXPathError(XPathError):
    """A part of the standard that this engine does not run yet."""


class XPathLimitError(XPathError):
    """Longer or deeper than any honest expression."""


class XPathValueError(XPathError):
    """A value that cannot be worked on."""
