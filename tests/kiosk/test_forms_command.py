# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""`townhall forms`: what authors read of their forms, and what programs read."""

import io
import json
from pathlib import Path

import pytest

from townhall_forms.errors import RefusalCause
from townhall_kiosk.cli import main

FORM = """<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
 xmlns:jr="http://openrosa.org/javarosa"><h:head><h:title>t</h:title><model>
<itext><translation lang="en"><text id="a"><value>Name?</value><value form="image">jr://images/a.png</value></text>
</translation><translation lang="fr"/></itext>
<instance><data id="p" version="1"><surname/><n/><p jr:template=""><b/></p></data></instance>
<bind nodeset="/data/n" type="int" constraint=". &lt; 5" jr:constraintMsg="below five"{extra}/></model></h:head><h:body>
<input ref="/data/surname"><label ref="jr:itext('a')"/></input><input ref="/data/n"><label>Number</label></input>
<group ref="/data/p"><label>Parts</label><repeat nodeset="/data/p"><input ref="/data/p/b"><label>B</label></input>
</repeat></group></h:body></h:html>"""
BAD = {
    RefusalCause.NOT_XML: ("a.xml", b"<h>"),
    RefusalCause.XPATH_SYNTAX: ("b.xml", FORM.replace("{extra}", ' calculate="1 +"').encode()),
    RefusalCause.UNKNOWN_FUNCTION: ("c.xml", FORM.replace("{extra}", ' calculate="nope(1)"').encode()),
    RefusalCause.CYCLE: ("d.xml", FORM.replace("{extra}", ' calculate="/data/n + 1"').encode()),
    RefusalCause.BAD_REFERENCE: (
        "e.xml",
        FORM.replace('ref="/data/n"', 'ref="/data/x"').replace("{extra}", "").encode(),
    ),
    RefusalCause.UNSUPPORTED: ("f.xml", FORM.replace("{extra}", " calculate=\"lang('en')\"").encode()),
    RefusalCause.LIMIT: (
        "g.xml",
        FORM.replace('nodeset="/data/p">', 'nodeset="/data/p" jr:count="5000">').replace("{extra}", "").encode(),
    ),
    RefusalCause.NOT_XLSFORM: ("h.xlsx", b"no zip"),
    RefusalCause.MISSING_RESOURCE: (
        "i.xml",
        FORM.replace("<bind", '<instance id="t" src="jr://file-csv/t.csv"/><bind').replace("{extra}", "").encode(),
    ),
}


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A form that runs."""
    path = tmp_path / "good.xml"
    path.write_text(FORM.replace("{extra}", ""))
    return path


def test_programs_read_one_object_a_file_and_nothing_else(
    tmp_path: Path, good: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [good]
    for name, content in BAD.values():
        (tmp_path / name).write_bytes(content)
        files.append(tmp_path / name)
    files.append(tmp_path / "not-there.xml")
    assert main(["forms", "check", "--json", *map(str, files)]) == 1
    verdicts = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [set(each) for each in verdicts] == [{"file", "verdict", "error_class", "place", "message"}] * len(files)
    assert verdicts[0] == {"file": str(good), "verdict": "ok", "error_class": None, "place": None, "message": None}
    assert [each["error_class"] for each in verdicts[1:]] == [*(cause.value for cause in BAD), "missing_resource"]
    assert {each["verdict"] for each in verdicts[1:]} == {"refused"}
    assert all(each["message"] for each in verdicts[1:])
    places = {each["file"].rpartition("/")[2]: each["place"] for each in verdicts}
    assert (places["b.xml"], places["i.xml"], places["not-there.xml"]) == ("/data/n", "t.csv", "not-there.xml")
    assert (places["a.xml"], places["d.xml"]) == ("line 1", "/data/n")


def test_an_author_reads_what_could_be_better(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["forms", "check", str(good)]) == 0
    lines = capsys.readouterr().out
    assert "3 questions, 1 repeats, 1 rules, 0 instances, 2 languages" in lines
    for advice in (
        "a has no text in fr",
        "the file of jr://images/a.png is not beside the form",
        '/data/surname asks what an ID card states: th:prefill="eid:surname"',
    ):
        assert advice in lines
    (good.parent / "a.png").write_bytes(b"\x89PNG")
    main(["forms", "check", str(good)])
    assert "a.png" not in capsys.readouterr().out


def test_a_form_that_asks_what_a_known_source_states_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pyxform")
    path = tmp_path / "form.md"
    rows = ("| text | address | Where do you live? |", "| text | sex | Sex |", "| begin_repeat | child | Child |")
    path.write_text(
        "| survey |\n| | type | name | label |\n"
        + "".join(f"| {row}\n" for row in (*rows, "| text | surname | Surname |", "| end_repeat | | |"))
    )
    assert main(["forms", "check", str(path)]) == 0
    told = capsys.readouterr().out
    assert '/data/address asks what a register states: th:prefill="register:population/address"' in told
    assert '/data/sex asks what an ID card states: th:prefill="eid:sex"' in told
    assert "surname asks" not in told, "in a repeat it is somebody else's"


def test_a_spreadsheet_is_refused_with_its_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pyxform")
    path = tmp_path / "form.md"
    path.write_text(
        "| survey |\n| | type | name | label | calculation |\n| | text | a | A | |\n| | calculate | b | | nope(1) |\n"
    )
    assert main(["forms", "check", str(path)]) == 1
    assert "refused, unknown_function, survey row 3, /data/b" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ("| | calculate | b | | ${missing} + 1 |", "bad_reference, survey row 3"),
        ("| | text | a b | B | |", "not_xlsform, survey row 3"),
        ("| | calculate | b | | ${c} |\n| | calculate | c | | ${b} |", "cycle, survey row 3, /data/b"),
    ],
)
def test_what_the_converter_finds_has_its_row_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: str, verdict: str
) -> None:
    pytest.importorskip("pyxform")
    path = tmp_path / "form.md"
    path.write_text(f"| survey |\n| | type | name | label | calculation |\n| | text | a | A | |\n{rows}\n")
    assert main(["forms", "check", str(path)]) == 1
    assert f"refused, {verdict}\n" in capsys.readouterr().out


def answers(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def test_an_author_walks_through_a_form(
    good: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers(monkeypatch, "Mets", "seven", "7", "4", "y", "one", "y", "two", "n")
    assert main(["forms", "try", str(good)]) == 0
    shown = capsys.readouterr().out
    assert "! not an answer of this kind" in shown
    assert "! below five" in shown
    assert "<surname>Mets</surname><n>4</n><p><b>one</b></p><p><b>two</b></p></data>" in shown


def test_a_walk_that_ends_early_says_so(
    good: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers(monkeypatch, "Mets")
    assert main(["forms", "try", "--language", "fr", str(good)]) == 1
    assert "ended before" in capsys.readouterr().err


def test_a_form_that_does_not_run_is_not_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["forms", "try", str(tmp_path / "none.xml")]) == 1
    assert "TH-FORM-001" in capsys.readouterr().err
