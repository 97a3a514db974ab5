# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Opening a large form and answering a question that hundreds of others depend on, beside floors and other engines."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Final

from lxml import etree

from townhall_bench.pairing import in_turns, seconds
from townhall_bench.row import Budget, Held, Row
from townhall_forms.form import load_form
from townhall_forms.session import FormSession
from townhall_oracle.engines import Engine, Rxeval, XFormsEngine, node_program

BINDS: Final = 551
DEPENDENT: Final = 440
_ROUNDS: Final = 15
_FEW_ROUNDS: Final = 3  # of an engine that takes seconds
_MS: Final = 1000.0
_NOW: Final = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def rows() -> Iterator[Row]:
    """Measure."""
    xml = form_of(BINDS, DEPENDENT)
    opened, parsed = in_turns(
        seconds(lambda: FormSession(load_form(xml), language="en", now=_NOW, prefill={})),
        seconds(lambda: etree.fromstring(xml)),
        _ROUNDS,
    )
    yield Row(
        "open a form of 551 binds",
        opened * _MS,
        "ms",
        "lxml parses the same bytes (floor)",
        parsed * _MS,
        Budget(300, Held.VALUE),
    )
    answered, evaluated = in_turns(seconds(_answers(xml)), seconds(_expressions(xml)), _ROUNDS)
    yield Row(
        "answer a question that 440 nodes follow",
        answered * _MS,
        "ms",
        "libxml2 evaluates the same 440 expressions",
        evaluated * _MS,
        Budget(16, Held.VALUE),
    )
    yield from _beside_engines(xml)


def _beside_engines(xml: bytes) -> Iterator[Row]:
    """Compare with other people's engines: opening, and one answer with the instance that follows."""
    with XFormsEngine(node_program()) as web:
        for engine, rounds in ((web, _FEW_ROUNDS), (Rxeval(), _ROUNDS)):
            opened, theirs = in_turns(
                seconds(lambda: FormSession(load_form(xml), language="en", now=_NOW, prefill={})),
                seconds(_opens(engine, xml)),
                rounds,
            )
            yield Row(
                "open a form of 551 binds", opened * _MS, "ms", engine.name, theirs * _MS, Budget(300, Held.VALUE)
            )
            answered, theirs = in_turns(seconds(_answers(xml)), seconds(_puts(engine)), rounds)
            yield Row(
                "answer a question that 440 nodes follow",
                answered * _MS,
                "ms",
                engine.name,
                theirs * _MS,
                Budget(16, Held.VALUE),
            )


def _opens(engine: Engine, xml: bytes) -> Callable[[], None]:
    text = xml.decode()
    return lambda: engine.open(text, {})


def _puts(engine: Engine) -> Callable[[], None]:
    numbers = count(1)
    return lambda: engine.put("/data/n0", str(next(numbers)))


def form_of(binds: int, dependent: int) -> bytes:
    """Return an XForm with ``binds`` binds, of which ``dependent`` are calculated from the first question."""
    names = [f"n{number}" for number in range(binds)]
    calculated = names[1 : dependent + 1]
    nodes = "".join(f"<{name}/>" for name in names)
    rules = "".join(
        f'<bind nodeset="/data/{name}" type="int" calculate="/data/n0 + {number}"/>'
        for number, name in enumerate(calculated)
    )
    plain = "".join(
        f'<bind nodeset="/data/{name}" type="string" relevant="/data/n0 &gt; 0"/>' for name in names[dependent + 1 :]
    )
    asked = "".join(
        f'<input ref="/data/{name}"><label>Question {name}</label></input>'
        for name in (names[0], *names[dependent + 1 :])
    )
    return (
        '<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head>'
        f'<h:title>Large</h:title><model><instance><data id="large" version="1">{nodes}</data></instance>'
        f'<bind nodeset="/data/n0" type="int"/>{rules}{plain}</model></h:head><h:body>{asked}</h:body></h:html>'
    ).encode()


def _answers(xml: bytes) -> "_Answering":
    return _Answering(FormSession(load_form(xml), language="en", now=_NOW, prefill={}))


class _Answering:
    """Gives another answer each time, so that nothing is saved by equality."""

    def __init__(self, session: FormSession) -> None:
        self._session = session
        self._count = 0

    def __call__(self) -> None:
        self._count += 1
        self._session.answer("/data/n0", str(self._count))


def _expressions(xml: bytes) -> "_Evaluating":
    tree = etree.fromstring(xml)
    data = next(element for element in tree.iter("{http://www.w3.org/2002/xforms}data"))
    instance = etree.Element("data")
    for child in data:
        etree.SubElement(instance, etree.QName(child).localname)
    return _Evaluating(instance)


class _Evaluating:
    """The same calculations by the C engine, over the same instance."""

    def __init__(self, instance: etree._Element) -> None:
        self._instance = instance
        self._first = instance[0]
        self._compiled = [etree.XPath(f"/data/n0 + {number}") for number in range(DEPENDENT)]
        self._count = 0

    def __call__(self) -> None:
        self._count += 1
        self._first.text = str(self._count)
        for expression in self._compiled:
            expression(self._instance)
