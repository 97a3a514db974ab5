# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Lists of states are taken out of LDIF and ZIP as they are published; what no kiosk could use is left out and told."""

import base64
import io
import tempfile
import time
import zipfile
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_central.errors import CatalogueContentError
from townhall_central.repository.cli import main
from townhall_central.repository.state_lists import take_lists
from townhall_smartcard.simulation import states
from townhall_smartcard.simulation.state_keys import CurveStateKey, Spelling
from townhall_smartcard.simulation.states import Standing, Wish

NOW = int(time.time())


@cache
def german() -> Standing:
    return states.authority(CurveStateKey("brainpoolp384r1", Spelling.EXPLICIT), Wish("DE", "csca-germany"))


@cache
def utopia() -> Standing:
    return states.authority(CurveStateKey("secp256r1"))


@cache
def listed() -> bytes:
    return states.master_list(states.list_signer(german()), [utopia().der], is_german=True)


@cache
def strange() -> bytes:
    return states.master_list(states.list_signer(utopia()), [utopia().der])


@cache
def crl() -> bytes:
    return states.revocation_list(utopia(), [states.document_signer(utopia())])


@pytest.fixture
def content(tmp_path: Path) -> Path:
    (tmp_path / "trust/states").mkdir(parents=True)
    (tmp_path / "trust/states/de.der").write_bytes(german().der)
    return tmp_path


def ldif(*attributes: tuple[str, bytes]) -> bytes:
    """What a directory exports: base64 behind a double colon, folded at 76 signs."""
    lines = ["version: 1", ""]
    for name, value in attributes:
        line = f"{name}:: {base64.b64encode(value).decode()}"
        lines += ["dn: cn=x,o=ml,c=DE,dc=data", "objectClass: top", line[:76]]
        lines += [f" {line[at : at + 75]}" for at in range(76, len(line), 75)] + [""]
    return "\n".join(lines).encode()


def zipped(**members: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            archive.writestr(name.replace("_", "."), member)
    return written.getvalue()


def put(content: Path, name: str, made: bytes) -> Path:
    (content / name).write_bytes(made)
    return content / name


def files(content: Path) -> dict[str, bytes]:
    wanted = [each for folder in ("master-lists", "state-crls") for each in (content / "trust" / folder).glob("*")]
    return {each.name.partition("-")[0] + each.suffix: each.read_bytes() for each in wanted}


@pytest.mark.parametrize("attribute", ["CscaMasterListData", "pkdMasterListContent"])
def test_lists_are_taken_out_of_a_directory_s_ldif(content: Path, attribute: str) -> None:
    made = ldif((attribute, listed()), (attribute, strange()), ("certificateRevocationList;binary", crl()))
    taken = take_lists(content, put(content, "pkd.ldif", made), NOW)
    assert files(content) == {"de.ml": listed(), "ut.crl": crl()}
    (left_out,) = taken.left_out
    assert "by no authority that the administrators named" in left_out


def test_an_ldif_of_windows_is_read_too(content: Path) -> None:
    made = ldif(("CscaMasterListData", listed())).replace(b"\n", b"\r\n")
    take_lists(content, put(content, "pkd.ldif", made), NOW)
    assert files(content) == {"de.ml": listed()}


def test_a_list_is_taken_out_of_an_archive(content: Path) -> None:
    made = zipped(DE_ml=listed(), readme_txt=b"hello")
    take_lists(content, put(content, "GermanMasterList.zip", made), NOW)
    assert files(content) == {"de.ml": listed()}


def test_a_list_alone_is_taken_as_it_is_and_the_same_twice_is_one(content: Path) -> None:
    for _ in range(2):
        take_lists(content, put(content, "a.ml", listed()), NOW)
    take_lists(content, put(content, "a.crl", crl()), NOW)
    assert files(content) == {"de.ml": listed(), "ut.crl": crl()}
    assert len(list((content / "trust/master-lists").iterdir())) == 1


def test_a_revocation_list_that_has_ended_is_left_out(content: Path) -> None:
    take_lists(content, put(content, "a.ml", listed()), NOW)
    ended = states.revocation_list(utopia(), since=datetime.now(UTC) - timedelta(days=100))
    taken = take_lists(content, put(content, "a.crl", ended), NOW)
    assert taken.written == ()
    assert "of UT ended" in taken.left_out[0]


@pytest.mark.parametrize(
    ("name", "made"),
    [("a.ldif", b"dn: c=DE\n"), ("a.zip", zipped(readme_txt=b"x")), ("a.zip", b"PK\x03\x04junk"), ("a.bin", b"junk")],
)
def test_a_file_without_a_list_is_told(content: Path, name: str, made: bytes) -> None:
    with pytest.raises(CatalogueContentError):
        take_lists(content, put(content, name, made), NOW)


def test_the_command_tells_what_it_wrote_and_what_it_left_out(
    content: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = put(content, "pkd.ldif", ldif(("CscaMasterListData", listed()), ("CscaMasterListData", strange())))
    assert main(["state-lists", str(content), str(made)]) == 0
    said = capsys.readouterr()
    lines = (said.out + said.err).splitlines()
    assert sorted(line.split(" trust")[0] for line in lines) == ["left out", "wrote"]


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda tail: b"CscaMasterListData:: " + tail))
def test_no_bytes_bring_anything_but_lists_or_the_one_error(junk: bytes) -> None:

    with tempfile.TemporaryDirectory() as folder:
        for name in ("a.ldif", "a.ml", "a.crl", "a.zip"):
            try:
                assert take_lists(Path(folder), put(Path(folder), name, junk), NOW).written == ()
            except CatalogueContentError:
                continue
