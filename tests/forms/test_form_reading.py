# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reading a form: hostile ones first, then broken ones, then what a good one says."""

import hashlib
import time
from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_forms.datatypes import DataType
from townhall_forms.errors import FormRefusedError, RefusalCause
from townhall_forms.form import MAX_FORM_BYTES, Form, load_form
from townhall_forms.session import FormSession

BuildForm = Callable[..., bytes]
INPUT = '<input ref="/data/a"><label>A</label></input>'
LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><h>&c;</h>"""


def cause(xml: bytes) -> RefusalCause:
    with pytest.raises(FormRefusedError) as refused:
        load_form(xml)
    return refused.value.cause


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader_in_another_way_than_its_own_error(noise: bytes) -> None:
    with pytest.raises(FormRefusedError):
        load_form(noise)


@pytest.mark.parametrize(
    "prolog",
    [
        b"<!DOCTYPE h:html>",
        b'<!DOCTYPE h:html SYSTEM "http://example.org/x.dtd">',
        b'<!DOCTYPE h:html [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        b"<!-- a comment --><?target data?>\n<!DOCTYPE h:html>",
    ],
)
def test_a_document_type_is_refused_wherever_it_stands(xform: BuildForm, prolog: bytes) -> None:
    xml = xform("<a/>", body=INPUT)
    declaration, rest = xml.split(b"\n", 1)
    assert cause(prolog + rest) is RefusalCause.NOT_XML
    assert cause(declaration + prolog + rest) is RefusalCause.NOT_XML


def test_an_entity_bomb_costs_nothing() -> None:
    started = time.perf_counter()
    assert cause(LAUGHS) is RefusalCause.NOT_XML
    assert time.perf_counter() - started < 60


def test_an_external_entity_is_never_read(xform: BuildForm) -> None:
    assert cause(xform("<a>&secret;</a>", body=INPUT)) is RefusalCause.NOT_XML


def test_a_form_in_another_encoding_is_refused(xform: BuildForm) -> None:
    xml = xform("<a>õ</a>", body=INPUT)
    assert cause(xml.decode().encode("utf-16")) is RefusalCause.NOT_XML
    assert cause(xml.decode().encode("latin-1")) is RefusalCause.NOT_XML
    assert cause(xml.replace(b'version="1.0"?', b'version="1.0" encoding="utf-7"?', 1)) is RefusalCause.NOT_XML


def test_a_byte_order_mark_is_no_harm(xform: BuildForm) -> None:
    assert load_form(b"\xef\xbb\xbf" + xform("<a/>", body=INPUT)).id == "f"


def test_an_oversized_form_is_a_limit(xform: BuildForm) -> None:
    assert cause(xform(f"<a>{'x' * MAX_FORM_BYTES}</a>", body=INPUT)) is RefusalCause.LIMIT


def test_a_deep_form_is_a_limit_or_no_xml(xform: BuildForm) -> None:
    deep = "<g>" * 100 + "</g>" * 100
    assert cause(xform(f"<a/>{deep}", body=INPUT)) is RefusalCause.LIMIT
    deeper = "<g>" * 5_000 + "</g>" * 5_000
    assert cause(xform(f"<a/>{deeper}", body=INPUT)) in {RefusalCause.LIMIT, RefusalCause.NOT_XML}


def test_an_expression_nested_to_break_the_stack_is_a_limit(xform: BuildForm) -> None:
    nested = "(" * 3_000 + "1" + ")" * 3_000
    assert cause(xform("<a/>", f'<bind nodeset="/data/a" calculate="{nested}"/>', INPUT)) is RefusalCause.LIMIT


def test_expressions_as_deep_as_allowed_still_run(xform: BuildForm, now: datetime) -> None:
    nested = "if(true(), " * 50 + "'in'" + ", 'out')" * 50
    form = load_form(xform("<a/>", f'<bind nodeset="/data/a" calculate="{nested}"/>', INPUT))
    assert FormSession(form, language="en", now=now, prefill={}).questions()[0].value == "in"


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"hello",
        b"<a/>",
        b"<a>",
        b'<h:html xmlns:h="http://www.w3.org/1999/xhtml"/>',
        b'<h:html xmlns:h="http://www.w3.org/1999/xhtml"><h:head/></h:html>',
        b'<h:html xmlns:h="http://www.w3.org/1999/xhtml"><h:head><h:title/></h:head><h:body/></h:html>',
        b'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>A page</title></head><body/></html>',
    ],
)
def test_what_is_no_form_is_refused_as_such(xml: bytes) -> None:
    assert cause(xml) is RefusalCause.NOT_XML


def test_a_model_without_an_instance_is_refused() -> None:
    xml = (
        b'<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head><model/></h:head>'
        b"<h:body/></h:html>"
    )
    assert cause(xml) is RefusalCause.NOT_XML


def test_mixed_content_in_an_instance_is_refused(xform: BuildForm) -> None:
    assert cause(xform("<g>text<a/></g>")) is RefusalCause.NOT_XML


@pytest.mark.parametrize(
    "body",
    [
        '<input bind="nobody"/>',
        "<input/>",
        '<range ref="/data/a" start="1" end="5"/>',
        '<range ref="/data/a" start="1" end="5" step="0"/>',
        '<range ref="/data/a" start="1" end="NaN" step="1"/>',
        '<range ref="/data/a" start="-2.0.1" end="2.0" step="0.5"/>',
        '<input ref="/data/a"><setvalue event="xforms-value-changed" ref="/data/nothing"/></input>',
        '<input ref="/data/a"><setvalue event="xforms-value-changed"/></input>',
    ],
)
def test_a_control_or_action_that_leads_nowhere_is_refused(xform: BuildForm, body: str) -> None:
    assert cause(xform("<a/><g><b/></g>", body=body)) is RefusalCause.BAD_REFERENCE


@pytest.mark.parametrize("written", ["time", "dateTime", "xsd:dateTime", "geopoint", "geotrace", "geoshape", "barcode"])
def test_every_type_of_the_standard_is_known(xform: BuildForm, written: str) -> None:
    form = load_form(xform("<a/>", f'<bind nodeset="/data/a" type="{written}"/>', INPUT))
    assert form.binds["/data/a"].data_type is not DataType.STRING


def test_an_instance_in_a_file_that_is_not_there_is_named(xform: BuildForm) -> None:
    xml = xform("<a/>", '<instance id="towns" src="jr://file-csv/towns.csv"/>', INPUT)
    with pytest.raises(FormRefusedError, match=r"towns\.csv") as refused:
        load_form(xml)
    assert refused.value.cause is RefusalCause.MISSING_RESOURCE


def test_two_instances_of_one_name_are_refused(xform: BuildForm) -> None:
    twice = '<instance id="t"><root/></instance><instance id="t"><root/></instance>'
    assert cause(xform("<a/>", twice, INPUT)) is RefusalCause.BAD_REFERENCE


def test_a_node_that_stands_there_twice_repeats_whether_or_not_the_body_says_so(xform: BuildForm) -> None:
    form = load_form(xform("<a/><a/>"))
    assert (list(form.repeats), form.repeats["/data/a"].is_fixed) == (["/data/a"], True)


@pytest.mark.parametrize(
    ("binds", "expected"),
    [
        ('<bind nodeset="/data/a" relevant="1 +"/>', RefusalCause.XPATH_SYNTAX),
        ('<bind nodeset="/data/a" constraint="nope(.)"/>', RefusalCause.UNKNOWN_FUNCTION),
        ('<bind nodeset="/data/a" required="not()"/>', RefusalCause.UNKNOWN_FUNCTION),
        ('<bind nodeset="/data/a" calculate="instance(\'t\')/root"/>', RefusalCause.BAD_REFERENCE),
        ('<bind nodeset="/data/a"/><bind nodeset="/data/a"/>', RefusalCause.BAD_REFERENCE),
        ('<bind nodeset="/data/a" jr:preload="patient"/>', RefusalCause.UNSUPPORTED),
        ('<bind nodeset="/data/a" jr:constraintMsg="jr:itext(\'lost\')"/>', RefusalCause.BAD_REFERENCE),
    ],
)
def test_a_broken_bind_is_refused_with_its_class_and_place(
    xform: BuildForm, binds: str, expected: RefusalCause
) -> None:
    with pytest.raises(FormRefusedError) as refused:
        load_form(xform("<a/>", binds, INPUT))
    assert refused.value.cause is expected
    assert refused.value.place.startswith("/data/a")


@pytest.mark.parametrize(
    "body",
    [
        '<input ref="/data/lost"/>',
        "<input/>",
        '<group ref="/data/lost"/>',
        '<input ref="/data/a"><label ref="jr:itext(\'lost\')"/></input>',
        '<select1 ref="/data/a"><item><label>x</label></item></select1>',
        '<select1 ref="/data/a"><itemset><value ref="n"/></itemset></select1>',
        '<select1 ref="/data/a"><itemset nodeset="instance(\'lost\')/root/item"><value ref="n"/></itemset></select1>',
    ],
)
def test_a_control_that_refers_to_nothing_is_refused(xform: BuildForm, body: str) -> None:
    assert cause(xform("<a/>", body=body)) is RefusalCause.BAD_REFERENCE


@pytest.mark.parametrize(
    ("binds", "circle"),
    [
        ('<bind nodeset="/data/a" calculate=". + 1"/>', "/data/a -> /data/a"),
        ('<bind nodeset="/data/a" relevant="/data/a = 1"/>', "/data/a -> /data/a"),
        (
            '<bind nodeset="/data/a" calculate="/data/b"/><bind nodeset="/data/b" calculate="/data/a"/>',
            "/data/a -> /data/b -> /data/a",
        ),
        (
            '<bind nodeset="/data/a" calculate="../g/c"/><bind nodeset="/data/g" relevant="/data/a = 1"/>',
            "/data/a -> /data/g/c -> /data/g -> /data/a",
        ),
        ('<bind nodeset="/data/b" calculate="count(/data/*)+string-length(/data)"/>', "/data/b"),
    ],
)
def test_a_circle_is_refused_and_named(xform: BuildForm, binds: str, circle: str) -> None:
    with pytest.raises(FormRefusedError, match=circle) as refused:
        load_form(xform("<a/><b/><g><c/></g>", binds, INPUT))
    assert refused.value.cause is RefusalCause.CYCLE


@pytest.mark.parametrize(
    "binds",
    [
        '<bind nodeset="/data/a" constraint=". != 1 and /data/b != ."/>',
        '<bind nodeset="/data/a" required="/data/b = 1"/><bind nodeset="/data/b" relevant="/data/a = 1"/>',
        '<bind nodeset="/data/a" readonly="/data/b = 1"/><bind nodeset="/data/b" readonly="/data/a = 1"/>',
        '<bind nodeset="/data/g/c" calculate="position(..)"/>',
        '<bind nodeset="/data/a" calculate="once(uuid())"/>',
        '<bind nodeset="/data/a" calculate="/data/b"/><bind nodeset="/data/g" relevant="/data/a"/>',
    ],
)
def test_what_only_looks_like_a_circle_is_none(xform: BuildForm, binds: str) -> None:
    load_form(xform("<a/><b/><g><c/></g>", binds, INPUT))


def test_a_bind_to_nothing_and_an_unknown_element_are_warned_of(xform: BuildForm) -> None:
    form = load_form(xform("<a/>", '<bind nodeset="/data/lost"/>', INPUT + "<novelty/>", model=""))
    assert any("/data/lost" in warning for warning in form.warnings)
    assert any("novelty" in warning for warning in form.warnings)


def test_a_path_that_leads_nowhere_is_warned_of(xform: BuildForm) -> None:
    form = load_form(xform("<a/>", '<bind nodeset="/data/a" calculate="/data/lost"/>', INPUT))
    assert form.warnings == ("/data/a reads /data/lost, which is not in the instance",)


def test_what_a_good_form_says_of_itself(change_of_address: Form, xform: BuildForm) -> None:
    assert change_of_address.id == "change-of-address"
    assert change_of_address.languages == ("en", "et", "fr", "ar")
    assert change_of_address.default_language == "en"
    assert change_of_address.title == "Change of address"
    assert change_of_address.warnings == ()
    xml = xform("<a/>", body=INPUT)
    form = load_form(xml)
    assert form.sha256 == hashlib.sha256(xml).hexdigest()
    assert (form.id, form.version, form.title, form.languages) == ("f", "1", "A form", ())


def test_a_form_that_forgot_to_declare_its_namespace_still_opens(xform: BuildForm) -> None:
    xml = xform("<a/>", '<bind nodeset="/data/a" type="int"/>', INPUT)
    form = load_form(xml.replace(b' xmlns="http://www.w3.org/2002/xforms"', b""))
    assert form.binds["/data/a"].data_type is DataType.INT
    assert [control.path for control in form.controls] == ["/data/a"]


def test_the_version_may_be_in_the_openrosa_namespace(xform: BuildForm) -> None:
    assert load_form(xform("<a/>", body=INPUT, root='id="f" orx:version="7"')).version == "7"
    assert load_form(xform("<a/>", body=INPUT, root='id="f"')).version == ""


def test_relative_references_start_at_the_group_around_them(xform: BuildForm) -> None:
    form = load_form(xform("<g><a/></g>", body='<group ref="/data/g"><input ref="a"/></group>'))
    assert form.controls[0].path == "/data/g/a"


def test_a_form_is_not_changed_by_its_sessions(xform: BuildForm, now: datetime) -> None:
    form = load_form(xform("<a/>", body=INPUT))
    FormSession(form, language="en", now=now, prefill={}).answer("/data/a", "x")
    assert form.root.children[0].text == ""
    assert FormSession(form, language="en", now=now, prefill={}).questions()[0].value == ""
