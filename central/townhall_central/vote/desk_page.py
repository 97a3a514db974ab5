# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The officers' pages as plain HTML: no script, every text escaped by lxml, usable without a mouse."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from lxml import html
from lxml.html import builder as E  # noqa: N812 - its own documentation's name

from townhall_central.vote.acts import BoardStatus, OpenStatement
from townhall_central.vote.delivery import Alarm
from townhall_central.vote.desk_words import ALARMS, DOUBTS
from townhall_central.vote.eligibility_store import Decision
from townhall_central.vote.evidence import ShownCertificate, ShownList
from townhall_voting.hashing import HexHash

STYLE: Final = (
    "body{font:1.1rem/1.5 sans-serif;max-width:60rem;margin:1rem auto;padding:0 1rem;color:#0b0c0c;background:#fff}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;border-bottom:1px solid #505a5f"
    ";padding:.4rem}input,textarea,button{font:inherit;padding:.5rem;min-height:2.8rem}textarea,input[type=text]"
    "{width:100%;box-sizing:border-box}:focus{outline:4px solid #0b0c0c;background:#fd0}.wrong{border:4px solid #d4351c"
    ";padding:.5rem 1rem}label{display:block;margin-top:1rem}code{overflow-wrap:anywhere}"
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that officers see about one statement."""

    shown: OpenStatement
    certificate: ShownCertificate = field(repr=False)
    lists: Sequence[ShownList]


def board_page(status: BoardStatus, waiting: Iterable[OpenStatement], decided: Mapping[HexHash, Decision]) -> bytes:
    """Return the first page: how the board stands, alarms, what waits, what was decided."""
    state = "It has settled: nothing can be decided any more." if status.is_closed else "It has not settled yet."
    return _page(
        f"Board of {status.election} ({status.mode})",
        E.P(state),
        E.H2("Numbers"),
        _table(("what", "how many"), status.numbers.items()),
        E.H2("Alarms"),
        _table(
            ("alarm", "device", "about", "what to do"),
            [(each["alarm"], each["device"], each["detail"], ALARMS[Alarm(each["alarm"])]) for each in status.alarms],
        ),
        E.H2("Statements that wait for a decision"),
        _table(
            ("statement", "reason", "place", "device"),
            [
                (
                    E.A(each.statement[:16], href=f"/statements/{each.statement}"),
                    DOUBTS.get(each.reason, each.reason),
                    each.place,
                    each.device,
                )
                for each in waiting
            ],
        ),
        E.H2("Decisions"),
        _table(
            ("statement", "verdict", "officers", "why"),
            [
                (sha256[:16], _verdict(each), f"{each.first_officer}, {each.second_officer}", each.why)
                for sha256, each in sorted(decided.items())
            ],
        ),
        E.H2("Devices"),
        _table(
            ("device", "made", "came", "closed"),
            [
                (each.name, each.said, each.came if each.came >= 0 else "not kept", "yes" if each.is_closed else "no")
                for each in status.devices
            ],
        ),
    )


def statement_page(evidence: Evidence, csrf: str, wrong: str = "") -> bytes:
    """Return the page of one statement with its evidence and the form of the decision; ``wrong`` says what to mend."""
    shown, certificate = evidence.shown, evidence.certificate
    facts = [
        ("Why it waits", DOUBTS.get(shown.reason, shown.reason)),
        ("Statement", E.CODE(shown.statement)),
        ("Place", shown.place),
        ("Device", shown.device),
        ("Signed, by the device's clock", _time(datetime.fromtimestamp(shown.claimed_time, UTC))),
        ("Name on the card", certificate.name),
        ("Number on the card", certificate.code),
        ("Issued by", certificate.issuer),
        ("Serial number", E.CODE(certificate.serial)),
        ("Valid from", _time(certificate.begins)),
        ("Valid until", _time(certificate.ends)),
    ]
    lists = [
        (
            _time(each.made),
            _time(each.next_due) if each.next_due else "not said",
            _time(each.revoked) if each.revoked else "not revoked",
            each.reason,
        )
        for each in evidence.lists
    ]
    return _page(
        "Statement that waits for a decision",
        *([E.DIV(E.P(wrong), E.CLASS("wrong"), role="alert")] if wrong else []),
        E.H2("Evidence"),
        _table(("fact", "value"), facts),
        E.H2("What the issuer's revocation lists say"),
        _table(("list made", "next due", "revoked since", "reason"), lists),
        E.H2("Decision of two officers"),
        _form(shown.statement, csrf),
        E.P(E.A("Back without a decision", href="/")),
    )


def message_page(title: str, text: str) -> bytes:
    """Return a page that says one thing."""
    return _page(title, E.P(text))


def _form(statement: str, csrf: str) -> html.HtmlElement:
    def choice(value: str, text: str) -> html.HtmlElement:
        return E.LABEL(E.INPUT(type="radio", name="verdict", value=value, required="required"), f" {text}")

    def name(field_name: str, text: str) -> html.HtmlElement:
        attributes = {"type": "text", "name": field_name, "required": "required", "maxlength": "128"}
        return E.LABEL(text, E.INPUT(autocomplete="off", **attributes))

    return E.FORM(
        E.INPUT(type="hidden", name="csrf", value=csrf),
        E.FIELDSET(
            E.LEGEND("It is for good."),
            choice("count", "Let the statement count"),
            choice("void", "Make the statement void"),
        ),
        name("first", "First officer"),
        name("second", "Second officer"),
        E.LABEL("On what evidence", E.TEXTAREA(name="why", required="required", maxlength="1000", rows="3")),
        E.P(E.BUTTON("Decide", type="submit")),
        method="post",
        action=f"/statements/{statement}",
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> html.HtmlElement:
    body = [E.TR(*(_cell(each) for each in row)) for row in rows]
    if not body:
        return E.P("None.")
    return E.TABLE(E.THEAD(E.TR(*(E.TH(head, scope="col") for head in heads))), E.TBODY(*body))


def _cell(content: object) -> html.HtmlElement:
    return E.TD(content if isinstance(content, html.HtmlElement) else str(content))


def _verdict(decision: Decision) -> str:
    return "counts" if decision.counts else "void"


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _page(title: str, *content: html.HtmlElement) -> bytes:
    page = E.HTML(
        E.HEAD(
            E.META(charset="utf-8"),
            E.META(name="viewport", content="width=device-width"),
            E.TITLE(title),
            E.STYLE(STYLE),
        ),
        E.BODY(E.MAIN(E.H1(title), *content)),
        lang="en",
    )
    made: bytes = html.tostring(page, doctype="<!DOCTYPE html>", encoding="utf-8")
    return made
