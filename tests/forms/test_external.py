# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Secondary instances from files: the three formats give the same tree, and a broken file is named with its row."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_forms.errors import FormRefusedError, RefusalCause
from townhall_forms.external import MAX_RESOURCE_BYTES, read_resource
from townhall_forms.form import load_form
from townhall_forms.nodes import Node
from townhall_forms.resources import FolderResources
from townhall_forms.session import FormSession

BuildForm = Callable[..., bytes]
CSV = 'name,label,geometry\ntln,Tallinn,59.4 24.7 0 0\ntrt,"Tartu, town",58.3 26.7 0 0\n'
XML = (
    "<root><item><name>tln</name><label>Tallinn</label><geometry>59.4 24.7 0 0</geometry></item>"
    "<item><name>trt</name><label>Tartu, town</label><geometry>58.3 26.7 0 0</geometry></item></root>"
)
FEATURES = [
    {"type": "Feature", "properties": {"name": name, "label": label}, "geometry": {"type": "Point", "coordinates": at}}
    for name, label, at in (("tln", "Tallinn", [24.7, 59.4]), ("trt", "Tartu, town", [26.7, 58.3]))
]
GEOJSON = json.dumps({"type": "FeatureCollection", "features": FEATURES})


def table(document: Node) -> list[dict[str, str]]:
    return [{value.local: value.text for value in item.children} for item in document.children[0].children]


def test_the_three_formats_give_the_same_tree() -> None:
    trees = [
        table(read_resource("jr://file-csv/t.csv", {"t.csv": CSV.encode()})),
        table(read_resource("jr://file-csv/t.csv", {"t.csv": CSV.replace("\n", "\r\n").encode("utf-8-sig")})),
        table(read_resource("jr://file/t.xml", {"t.xml": XML.encode()})),
        table(read_resource("jr://file/t.geojson", {"t.geojson": GEOJSON.encode()})),
    ]
    assert all(tree == trees[0] for tree in trees)
    assert trees[0][1] == {"name": "trt", "label": "Tartu, town", "geometry": "58.3 26.7 0 0"}


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_are_known(delimiter: str) -> None:
    document = read_resource("jr://file-csv/t.csv", {"t.csv": f"a{delimiter}b\n1{delimiter}2\n\n3\n".encode()})
    assert table(document) == [{"a": "1", "b": "2"}, {"a": "3", "b": ""}]


def test_lines_and_areas_are_written_as_odk_writes_them() -> None:
    shapes = [("LineString", [[1, 2], [3, 4]]), ("Polygon", [[[0, 0], [0, 1], [1, 1], [0, 0]]])]
    features = [
        {"type": "Feature", "id": number, "properties": None, "geometry": {"type": kind, "coordinates": at}}
        for number, (kind, at) in enumerate(shapes)
    ]
    content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    assert table(read_resource("jr://file/t.geojson", {"t.geojson": content})) == [
        {"id": "0", "geometry": "2 1 0 0; 4 3 0 0"},
        {"id": "1", "geometry": "0 0 0 0; 1 0 0 0; 1 1 0 0; 0 0 0 0"},
    ]


def collection(kind: str, coordinates: str) -> bytes:
    feature = (
        f'{{"type": "Feature", "properties": {{}}, "geometry": {{"type": "{kind}", "coordinates": {coordinates}}}}}'
    )
    return f'{{"type": "FeatureCollection", "features": [{feature}]}}'.encode()


@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("t.csv", b"a,a\n1,2\n", "t.csv row 1"),
        ("t.csv", b"a b,c\n1,2\n", "t.csv row 1"),
        ("t.csv", b"", "t.csv row 1"),
        ("t.csv", b'a,b\n1,2\n3,"4\n', "t.csv row 3"),
        ("t.csv", b"\xff\xfe", "t.csv"),
        ("t.geojson", b"[]", "t.geojson"),
        ("t.geojson", b"{", "t.geojson"),
        ("t.geojson", b"[" * 100_000, "t.geojson"),
        ("t.geojson", b'{"type": "FeatureCollection", "features": {}}', "t.geojson"),
        ("t.geojson", b'{"type": "FeatureCollection", "features": [{"type": "Thing"}]}', "t.geojson feature 1"),
        ("t.geojson", collection("MultiPoint", "[]"), "t.geojson feature 1"),
        ("t.geojson", collection("Point", '["1", 2]'), "t.geojson feature 1"),
    ],
)
def test_a_broken_file_is_named_with_its_row(name: str, content: bytes, place: str) -> None:
    source = f"jr://file-csv/{name}" if name.endswith(".csv") else f"jr://file/{name}"
    with pytest.raises(FormRefusedError) as refused:
        read_resource(source, {name: content})
    assert (refused.value.cause, refused.value.place) == (RefusalCause.MISSING_RESOURCE, place)


@given(content=st.binary(max_size=200), name=st.sampled_from(["t.csv", "t.geojson", "t.xml"]))
def test_no_bytes_break_a_reader_in_another_way_than_its_own_error(content: bytes, name: str) -> None:
    with suppress(FormRefusedError):
        assert len(read_resource(f"jr://file/{name}", {name: content}).children) == 1


def test_a_file_beyond_measure_is_refused() -> None:
    for content in (b"a" * (MAX_RESOURCE_BYTES + 1), b"a,b,c\n" + b"1,2,3\n" * 70_000):
        with pytest.raises(FormRefusedError) as refused:
            read_resource("jr://file-csv/t.csv", {"t.csv": content})
        assert refused.value.cause is RefusalCause.LIMIT


def test_an_entity_bomb_in_a_file_costs_nothing() -> None:
    bomb = b'<!DOCTYPE r [<!ENTITY a "aaaa">]><r>&a;</r>'
    with pytest.raises(FormRefusedError) as refused:
        read_resource("jr://file/t.xml", {"t.xml": bomb})
    assert refused.value.cause is RefusalCause.NOT_XML


@pytest.mark.parametrize("source", ["http://example.org/t.xml", "file:///etc/passwd", "jr://audio/a.mp3"])
def test_an_address_outside_the_form_is_never_followed(source: str) -> None:
    with pytest.raises(FormRefusedError) as refused:
        read_resource(source, {})
    assert refused.value.cause is RefusalCause.UNSUPPORTED


@pytest.mark.parametrize("name", ["../secret.csv", "/etc/passwd", "sub/t.csv", ".", ""])
def test_only_plain_files_of_the_folder_are_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "t.csv").write_text(CSV)
    (tmp_path.parent / "secret.csv").write_text(CSV)
    (tmp_path / "t.csv").write_text(CSV)
    folder = FolderResources(tmp_path)
    assert (list(folder), len(folder), name in folder) == (["t.csv"], 1, False)


MODEL = '<instance id="towns" src="jr://file-csv/towns.csv"/>'
LOOK_UP = (
    "<bind nodeset=\"/data/b\" calculate=\"pulldata('towns', 'label', 'name', /data/a)\"/>"
    '<bind nodeset="/data/c" calculate="instance(\'towns\')/root/item[name = current()/../a]/label"/>'
)


@pytest.mark.parametrize("rows", [3, 500])
def test_a_form_looks_up_in_its_file(xform: BuildForm, rows: int) -> None:
    """In a short table each row is looked at, in a long one an index is asked: the same comes out."""
    towns = "name,label\n" + "".join(f"t{number % (rows - 1)},Town {number}\n" for number in range(rows))
    xml = xform("<a/><b/><c/>", MODEL + LOOK_UP, '<input ref="/data/a"/>')
    form = load_form(xml, {"towns.csv": towns.encode()})
    assert form.sha256 != load_form(xml, {"towns.csv": towns.encode() + b"x,y\n"}).sha256
    session = FormSession(form, language="en", now=datetime(2026, 11, 22, tzinfo=UTC), prefill={})
    for asked, found in (("t1", "Town 1"), ("t0", "Town 0"), ("nowhere", ""), ("", "")):
        session.answer("/data/a", asked)
        assert (session.state.value("/data/b"), session.state.value("/data/c")) == (found, found)


def test_what_the_last_person_saved_is_nobody_elses(xform: BuildForm) -> None:
    model = (
        '<instance id="__last-saved" src="jr://instance/last-saved"/>'
        '<setvalue event="odk-instance-first-load" ref="/data/a" value="instance(\'__last-saved\')/data/a"/>'
    )
    form = load_form(xform("<a>default</a>", model, '<input ref="/data/a"/>'))
    for _person in range(2):
        session = FormSession(form, language="en", now=datetime(2026, 11, 22, tzinfo=UTC), prefill={})
        assert session.question("/data/a").value == ""
        session.answer("/data/a", "mine")
