# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Forms, sessions and expressions for the tests of this part."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TypeAlias

import pytest

from townhall_forms.form import Form, load_form
from townhall_forms.instance_xml import read_document
from townhall_forms.markup import parse_xml
from townhall_forms.nodes import Node
from townhall_forms.session import FormSession
from townhall_forms.xpath.compiler import compile_expression
from townhall_forms.xpath.parser import parse
from townhall_forms.xpath.scope import Environment, Scope
from townhall_forms.xpath.values import Value

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ROOT / "services"

EXAMPLE = """
<data id="x" version="3">
  <age>42</age><zero>0</zero><name>Mari Maasikas</name><spaced>  a   b </spaced><blank/>
  <services>water power heat</services><born>1984-02-29</born><stamp>2026-08-07T06:31:13.834-03:00</stamp>
  <house><person><name>Ana</name><age>34</age></person><person><name>Bia</name><age>7</age></person>
  <person><name>Caio</name><age>19</age></person></house>
</data>
"""
TOWNS = """
<root><item><name>tln</name><label>Tallinn</label><county>harju</county></item>
<item><name>trt</name><label>Tartu</label><county>tartu</county></item>
<item><name>keila</name><label>Keila</label><county>harju</county></item></root>
"""

Evaluate: TypeAlias = Callable[..., Value]
BuildForm: TypeAlias = Callable[..., bytes]
Open: TypeAlias = Callable[..., FormSession]


@pytest.fixture
def now() -> datetime:
    """A Sunday morning at a kiosk in Estonia."""
    return datetime(2026, 11, 22, 10, 30, 15, 250_000, tzinfo=timezone(timedelta(hours=2)))


@pytest.fixture
def environment(now: datetime) -> Environment:
    """A world with one primary and one secondary instance."""
    document = read_document(parse_xml(EXAMPLE.encode(), max_bytes=10_000))
    towns = read_document(parse_xml(TOWNS.encode(), max_bytes=10_000))
    zone = now.tzinfo
    assert zone is not None
    return Environment(
        document=document,
        instances={"towns": towns},
        now=now,
        zone=zone,
        language="en",
        randomness=lambda count: bytes(range(count)),
        choice_names=lambda value, path, _current: f"{path.strip()}={value}",
        texts=lambda text_id, _current: f"text {text_id}",
    )


@pytest.fixture
def evaluate(environment: Environment) -> Evaluate:
    """Evaluate an expression at the root element, or at the node that ``at`` names."""

    def run(expression: str, at: str = "") -> Value:
        node: Node = environment.document.children[0]
        for name in filter(None, at.split("/")):
            node = node.named[name][0]
        compiled = compile_expression(parse(expression), {"jr": "http://openrosa.org/javarosa"})
        return compiled(Scope(environment, node, node))

    return run


@pytest.fixture
def xform() -> BuildForm:
    """Build an XForm from its parts: children of the root, binds, controls, and more children of the model."""

    def build(data: str, binds: str = "", body: str = "", model: str = "", root: str = 'id="f" version="1"') -> bytes:
        return f"""<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
  xmlns:jr="http://openrosa.org/javarosa" xmlns:orx="http://openrosa.org/xforms"
  xmlns:odk="http://www.opendatakit.org/xforms" xmlns:th="urn:townhall:xforms">
<h:head><h:title>A form</h:title><model>{model}<instance><data {root}>{data}</data></instance>{binds}</model></h:head>
<h:body>{body}</h:body></h:html>""".encode()

    return build


@pytest.fixture
def open_form(xform: BuildForm, now: datetime) -> Open:
    """Open a session on a form built from its parts."""

    def start(
        data: str,
        binds: str = "",
        body: str = "",
        *,
        model: str = "",
        language: str = "en",
        prefill: Mapping[str, str] | None = None,
    ) -> FormSession:
        form = load_form(xform(data, binds, body, model))
        return FormSession(form, language=language, now=now, prefill=prefill or {})

    return start


@pytest.fixture(scope="session")
def change_of_address() -> Form:
    """The service's form as it is published."""
    return load_form((SERVICES / "change-of-address" / "form.xml").read_bytes())


@pytest.fixture
def card() -> Mapping[str, str]:
    """What an ID card states."""
    return {
        "eid:personal_code": "47101010033",
        "eid:given_names": "MARI-LIIS",
        "eid:surname": "MÄNNIK",
        "eid:birth_date": "1971-01-01",
        "eid:sex": "F",
        "eid:citizenship": "EST",
        "eid:document_number": "AS0000001",
    }
