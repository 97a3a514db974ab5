# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The tree of files by itself."""

from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.simulation.estonian_card_files import MASTER_FILE, ElementaryFile, Folder

LEAF = ElementaryFile(b"\x50\x01", b"content")
INNER = Folder(b"\x50\x00", children=(LEAF,))
ROOT = Folder(MASTER_FILE, b"NAME", (INNER,))


@given(st.binary(max_size=12))
def test_a_path_leads_to_what_lies_there_or_to_nothing(path: bytes) -> None:
    known = {b"": ROOT, b"\x50\x00": INNER, b"\x50\x00\x50\x01": LEAF}
    assert ROOT.at(path) is known.get(path)


def test_known_paths() -> None:
    assert ROOT.at(b"\x50\x00\x50\x01") is LEAF
    assert INNER.child(b"\x50\x01") is LEAF
    assert ROOT.child(b"\x50\x01") is None


def test_control_parameters_tell_length_identifier_and_name() -> None:
    assert LEAF.control_parameters().hex() == "620480020007"
    assert INNER.control_parameters().hex() == "620483025000"
    assert ROOT.control_parameters() == b"\x62\x0a\x83\x02\x3f\x00\x84\x04NAME"


def test_files_do_not_show_their_content() -> None:
    assert "content=" not in repr(LEAF)
