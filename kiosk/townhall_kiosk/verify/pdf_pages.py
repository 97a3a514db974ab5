# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The report as PDF/A-3a and PDF/UA-1, with the report for programs attached."""

from townhall_fonts import FONT_DIRECTORY
from townhall_forms.document import Direction, Line, ReportModel, ReportTable, render_report
from townhall_kiosk.verify.pages import Pages


def pdf_pages(pages: Pages) -> bytes:
    """Return the PDF.

    Raises:
        DocumentFailedError: it cannot be set.
    """
    return render_report(
        ReportModel(
            title=pages.title,
            language=pages.language,
            direction=Direction.RIGHT_TO_LEFT if pages.is_right_to_left else Direction.LEFT_TO_RIGHT,
            issuer=pages.issuer,
            tables=tuple(
                ReportTable(table.title, tuple(Line(line.label, line.shown) for line in table.lines))
                for table in pages.tables
            ),
            note=pages.note,
            proof=Line(pages.proof.label, pages.proof.shown),
            page_words=pages.page_words,
            created=pages.created,
            content=pages.content,
            content_description=pages.content_description,
        ),
        FONT_DIRECTORY,
    )
