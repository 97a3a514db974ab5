# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The report as one HTML file that needs nothing else: no script, no font, no address.

Texts of an election are a stranger's: every one is escaped, and isolated so that its direction disturbs no other.
"""

import base64
from html import escape
from typing import Final

from townhall_kiosk.verify.pages import Pages, Table

_STYLE: Final = (
    "body{font:1rem/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#0b0c0c;background:#fff}"
    "h1,h2{color:#003a1f;line-height:1.2}table{border-collapse:collapse;width:100%}"
    "th,td{text-align:start;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid #767676}"
    "th,td,footer{overflow-wrap:anywhere}"
    "th{width:40%;font-weight:normal}td{font-weight:bold}footer{margin-top:2rem;font-size:.9rem}"
)
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def html_page(pages: Pages) -> bytes:
    """Return the page in UTF-8; the report for programs is a link that holds it."""
    attached = f"data:application/json;base64,{base64.b64encode(pages.content).decode()}"
    parts = (
        "<!DOCTYPE html>",
        f'<html lang="{escape(pages.language)}" dir="{"rtl" if pages.is_right_to_left else "ltr"}">',
        f'<head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{escape(pages.title)}</title><style>{_STYLE}</style></head>",
        f"<body><main><p>{_isolated(pages.issuer)}</p><h1>{escape(pages.title)}</h1>",
        *(_table(table) for table in pages.tables),
        f"</main><footer><p>{escape(pages.note)}</p>",
        f"<p>{escape(pages.proof.label)}: {_isolated(pages.proof.shown)}</p>",
        f'<p><a download="report.json" href="{attached}">{escape(pages.content_description)}</a></p>',
        "</footer></body></html>\n",
    )
    return "\n".join(parts).encode()


def _table(table: Table) -> str:
    rows = "".join(
        f'<tr><th scope="row">{_isolated(line.label)}</th><td>{_isolated(line.shown)}</td></tr>' for line in table.lines
    )
    return f"<h2>{_isolated(table.title)}</h2><table>{rows}</table>"


def _isolated(text: str) -> str:
    return f"<bdi>{escape(text)}</bdi>"
