# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""An archive on disk: durable, only ever longer, one writer, whole after a power cut at any byte."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from townhall_voting.errors import RecordFileError, RecordRefusedError
from townhall_voting.record.archive import append_event, open_archive, read_events, read_head
from townhall_voting.record.events import BallotEvent, EncryptedTallyEvent, EndBallotsEvent, Event, SetupEvent
from townhall_voting.record.grammar import Phase
from townhall_voting.record.reasons import Place, Refusal
from townhall_voting.record.record_file import RecordFile

SETUP = SetupEvent(b"{}", b"[]", b'["1"]')
TIMESTAMP = 1_790_000_000
NAME = "BXxNnieWzhqs6B.bel"


def bytes_of(*events: Event) -> bytes:
    data, head = open_archive(TIMESTAMP)
    for event in events:
        added, head = append_event(head, event)
        data += added
    return data


def test_what_is_appended_is_on_disk_in_the_archive_s_bytes(tmp_path: Path) -> None:
    path = tmp_path / NAME
    with RecordFile.create(path, SETUP, TIMESTAMP) as record:
        assert path.read_bytes() == bytes_of(SETUP)
        record.append(BallotEvent(b"{}"))
        assert path.read_bytes() == bytes_of(SETUP, BallotEvent(b"{}"))
    with RecordFile.open(path) as record:
        head = record.append(EndBallotsEvent())
        assert record.phase is Phase.CLOSED
    assert path.read_bytes() == bytes_of(SETUP, BallotEvent(b"{}"), EndBallotsEvent())
    assert head.offset == path.stat().st_size
    assert [each.name for each in tmp_path.iterdir()] == [NAME]


def test_an_archive_that_is_there_is_not_begun_again(tmp_path: Path) -> None:
    RecordFile.create(tmp_path / NAME, SETUP, TIMESTAMP).close()
    before = (tmp_path / NAME).read_bytes()
    with pytest.raises(RecordFileError):
        RecordFile.create(tmp_path / NAME, SetupEvent(b"[1]", b"", b""), 5)
    assert (tmp_path / NAME).read_bytes() == before


def test_a_beginning_that_the_power_interrupted_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / f".{NAME}.new").write_bytes(b"half")
    with RecordFile.create(tmp_path / NAME, SETUP, TIMESTAMP):
        assert [each.name for each in tmp_path.iterdir()] == [NAME]


def test_a_second_writer_is_refused_while_the_first_is_there(tmp_path: Path) -> None:
    with RecordFile.create(tmp_path / NAME, SETUP, TIMESTAMP), pytest.raises(RecordFileError):
        RecordFile.open(tmp_path / NAME)
    with RecordFile.open(tmp_path / NAME), pytest.raises(RecordFileError):
        RecordFile.open(tmp_path / NAME)
    RecordFile.open(tmp_path / NAME).close()


def test_an_event_out_of_order_is_not_written(tmp_path: Path) -> None:
    with RecordFile.create(tmp_path / NAME, SETUP, TIMESTAMP) as record:
        for wrong in (SETUP, EncryptedTallyEvent(b"[]", 0, 0)):
            with pytest.raises(RecordRefusedError) as error:
                record.append(wrong)
            assert (error.value.reason, error.value.place) == (Refusal.ORDER, Place(record.head.offset, 1))
        assert (tmp_path / NAME).read_bytes() == bytes_of(SETUP)


def test_a_power_cut_at_any_byte_of_an_append_leaves_the_archive_before_or_after_it(tmp_path: Path) -> None:
    path, before, after = tmp_path / NAME, bytes_of(SETUP), bytes_of(SETUP, BallotEvent(b"{}"))
    for length in range(len(before), len(after) + 1):
        path.write_bytes(after[:length])
        with RecordFile.open(path) as record:
            assert path.read_bytes() == (after if length == len(after) else before)
            if length % 64 == 1:
                record.append(BallotEvent(b"{}"))
                assert path.read_bytes() == after


@pytest.mark.parametrize("damage", ["another byte", "zeros behind", "cut in the setup"])
def test_damage_that_no_interrupted_append_explains_is_refused_and_left_as_it_is(tmp_path: Path, damage: str) -> None:
    path, data = tmp_path / NAME, bytes_of(SETUP, EndBallotsEvent())
    spoiled = {"another byte": data[:-1] + b"x", "zeros behind": data + bytes(512), "cut in the setup": data[:900]}
    path.write_bytes(spoiled[damage])
    with pytest.raises(RecordRefusedError):
        RecordFile.open(path)
    assert path.read_bytes() == spoiled[damage]


def test_a_file_that_is_not_there_or_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecordFileError):
        RecordFile.open(tmp_path / NAME)
    with pytest.raises(RecordFileError):
        RecordFile.create(tmp_path / "nowhere" / NAME, SETUP, TIMESTAMP)


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from townhall_voting.errors import RecordFileError
from townhall_voting.record.events import BallotEvent, EndBallotsEvent
from townhall_voting.record.record_file import RecordFile
with RecordFile.open(Path(sys.argv[1])) as record:
    record.append(BallotEvent(b"{}"))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (record.head.offset + 700, resource.RLIM_INFINITY))
    try:
        record.append(BallotEvent(b"x" * 5000))
    except RecordFileError:
        print("told")
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    record.append(EndBallotsEvent())
"""


def test_an_event_that_does_not_fit_the_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    """The kernel refuses the second half of a write, as it does on a full disk."""
    RecordFile.create(tmp_path / NAME, SETUP, TIMESTAMP).close()
    said = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path / NAME)], capture_output=True, check=True, timeout=60
    )
    assert said.stdout == b"told\n"
    assert (tmp_path / NAME).read_bytes() == bytes_of(SETUP, BallotEvent(b"{}"), EndBallotsEvent())


APPENDING = """
import sys
from pathlib import Path
from townhall_voting.record.events import BallotEvent
from townhall_voting.record.record_file import RecordFile
with RecordFile.open(Path(sys.argv[1])) as record:
    for number in range(1_000_000):
        record.append(BallotEvent(b"[%d]" % number))
        sys.stdout.write(f"{number}\\n")
        sys.stdout.flush()
"""


def test_what_a_killed_writer_told_is_all_there(tmp_path: Path) -> None:
    path = tmp_path / NAME
    RecordFile.create(path, SETUP, TIMESTAMP).close()
    with subprocess.Popen([sys.executable, "-c", APPENDING, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(20):
            told = int(process.stdout.readline())
        os.kill(process.pid, signal.SIGKILL)
    with RecordFile.open(path), path.open("rb") as stream:
        events = [each.event for each in read_events(stream, read_head(stream))]
    assert events[1 : told + 2] == [BallotEvent(b"[%d]" % number) for number in range(told + 1)]
