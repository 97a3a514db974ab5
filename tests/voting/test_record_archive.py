# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The archive's bytes: the tool's are read and written again unchanged, the tool reads ours, nothing else is read."""

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.voting.tool_elections import PLAIN, begun_by_the_tool, finish_by_the_tool, vote_by_the_tool

from townhall_voting.errors import MalformedError, MembershipError, ProgrammingError, RecordRefusedError
from townhall_voting.hashing import hex_hash
from townhall_voting.record.archive import Recorded, append_event, open_archive, read_events, read_head
from townhall_voting.record.blocks import MAX_TIMESTAMP, member_bytes, read_members
from townhall_voting.record.credentials import PublicCredential, is_sorted, parse_credentials, write_credentials
from townhall_voting.record.events import (
    BallotEvent,
    EncryptedTallyEvent,
    EndBallotsEvent,
    EndShufflesEvent,
    Event,
    PartialDecryptionEvent,
    ResultEvent,
    SetupEvent,
    ShuffleEvent,
    data_of,
    event_of,
)
from townhall_voting.record.grammar import START, Phase, advance
from townhall_voting.record.reasons import Place, Refusal
from townhall_voting.schnorr_group import BELENIOS_2048, RFC_3526_2048

if TYPE_CHECKING:
    from tests.voting.conftest import NewTool

SETUP = SetupEvent(b'{"election":1}', b"[]", b"[]")
EVENTS: tuple[Event, ...] = (
    SETUP,
    BallotEvent(b'{"ballot":"\xc3\xa9"}'),
    BallotEvent(b"x" * 512),
    EndBallotsEvent(),
    EncryptedTallyEvent(b"[[]]", 2, 1 << 36),
    ShuffleEvent(1, b"{}"),
    EndShufflesEvent(),
    PartialDecryptionEvent(2, b'{"decryption_factors":[]}'),
    ResultEvent(b'{"result":[]}'),
)
TIMESTAMP = 1_790_000_000


def archive(*events: Event, timestamp: int = TIMESTAMP) -> bytes:
    data, head = open_archive(timestamp)
    for event in events:
        added, head = append_event(head, event)
        data += added
    assert head.offset == len(data)
    return data


def read(data: bytes) -> list[Recorded]:
    stream = io.BytesIO(data)
    return list(read_events(stream, read_head(stream)))


def refused(data: bytes) -> tuple[Refusal, Place]:
    with pytest.raises(RecordRefusedError) as error:
        read(data)
    return error.value.reason, error.value.place


@pytest.mark.parametrize("name", ["sums", "ranked"])
def test_an_archive_of_the_tool_is_read_and_written_again_byte_for_byte(
    tool_records: dict[str, Path], name: str
) -> None:
    data = tool_records[name].read_bytes()
    events = read(data)
    assert archive(*(each.event for each in events), timestamp=events[0].head.timestamp) == data
    assert [each.place.height for each in events] == list(range(len(events)))
    assert [each.head.offset for each in events[:-1]] == [each.place.offset for each in events[1:]]
    phase = START
    for each in events:
        phase = advance(phase, each.event, each.place)
    assert phase is Phase.COMPLETE
    assert {each.event.kind for each in events} >= {"Setup", "Ballot", "EncryptedTally", "Result"}


@pytest.mark.parametrize("name", ["sums", "ranked"])
def test_the_tool_goes_on_with_an_archive_that_we_wrote_up_to_the_ballots(
    new_tool: "NewTool", tool_records: dict[str, Path], name: str
) -> None:
    """Its ``add-event`` after ours makes the same file as ours alone, at a time of our choice."""
    tool = new_tool()
    events = [each.event for each in read(tool_records[name].read_bytes())]
    cut = next(index for index, event in enumerate(events) if isinstance(event, EndBallotsEvent))
    tool.write(tool_records[name].name, archive(*events[:cut]))
    for event in events[cut:]:
        tool.add(event.kind, *data_of(event))
    assert tool.read("*.bel") == archive(*events)
    tool.verify()


def test_the_tool_makes_the_same_archive_of_our_members(new_tool: "NewTool", tool_records: dict[str, Path]) -> None:
    """``archive make`` builds an archive of extracted files; it reads the header and the events' chain."""
    tool = new_tool()
    stream = io.BytesIO(archive(*(each.event for each in read(tool_records["sums"].read_bytes()))))
    for member in read_members(stream, 0):
        tool.write(member.name, member.body)
    assert tool.run("archive", "make") == stream.getvalue()


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_every_kind_of_event_survives_its_bytes(event: Event) -> None:
    (setup, read_back) = read(archive(SETUP, event))
    assert (setup.event, read_back.event) == (SETUP, event)


def test_reading_goes_on_where_it_stopped() -> None:
    data = archive(*EVENTS)
    whole = read(data)
    for first in whole:
        stream = io.BytesIO(data)
        stream.seek(first.head.offset)
        assert list(read_events(stream, first.head)) == whole[whole.index(first) + 1 :]


def test_an_archive_cut_anywhere_between_events_is_refused() -> None:
    data = archive(*EVENTS[:3])
    between = {each.head.offset for each in read(data)} | {1024}
    for length in range(len(data)):
        if length not in between:
            reason, place = refused(data[:length])
            assert reason in {Refusal.EMPTY, Refusal.TRUNCATED, Refusal.LOOSE_DATA}
            assert place.offset <= length


def test_any_changed_byte_of_a_chain_is_refused() -> None:
    """Each byte of a whole archive: blocks, padding, data, events; only the first member's time is free in itself."""
    data = archive(*EVENTS)
    for index in range(len(data)):
        changed = bytearray(data)
        changed[index] ^= 1
        refused(bytes(changed))


def with_event(body: bytes, *data: bytes) -> bytes:
    """Return an archive of SETUP and a hand-made event."""
    return archive(SETUP) + b"".join(
        member_bytes(hex_hash(each) + suffix, each, TIMESTAMP)
        for each, suffix in (*((each, ".data.json") for each in data), (body, ".event.json"))
    )


def event(**members: object) -> bytes:
    return json.dumps({key: value for key, value in members.items() if value}, separators=(",", ":")).encode()


def hostile() -> dict[str, tuple[bytes, Refusal]]:
    parent = read(archive(SETUP))[0].head.parent
    good, ballot = archive(SETUP), b"{}"
    hashed = hex_hash(ballot)
    owned = b'{"owner":1,"payload":"' + hashed.encode() + b'"}'

    def ended(**members: object) -> bytes:
        return event(**({"parent": parent, "height": 1, "type": "EndBallots"} | members))

    def claimed(size: int) -> bytes:
        block = bytearray(member_bytes("a", b"", TIMESTAMP))
        block[124:135] = b"%011o" % size
        block[148:156] = b"        "
        block[148:156] = b"%06o\0 " % sum(block)
        return bytes(block)

    return {
        "nothing": (b"", Refusal.EMPTY),
        "a tar file with a magic": (good[:257] + b"ustar" + good[262:], Refusal.BLOCK),
        "zero blocks at the end": (good + bytes(1024), Refusal.BLOCK),
        "a member that claims eight gigabytes": (good + claimed(0o77777777777), Refusal.TOO_LARGE),
        "a member that claims more than there is": (good + claimed(1 << 29), Refusal.TRUNCATED),
        "another first member": (member_bytes("BELENIOUS", b"{}", 1), Refusal.HEADER),
        "a version that we do not know": (first(b'{"version":2,"timestamp":"1"}'), Refusal.HEADER),
        "a time as a number": (first(b'{"version":1,"timestamp":1}'), Refusal.HEADER),
        "a time with a leading zero": (first(b'{"version":1,"timestamp":"01"}'), Refusal.HEADER),
        "a time in other digits": (first('{"version":1,"timestamp":"\u0661"}'.encode()), Refusal.HEADER),
        "a header with blanks": (first(b'{"version": 1,"timestamp":"1"}'), Refusal.HEADER),
        "no JSON in the header": (first(b"\xff"), Refusal.HEADER),
        "a second header": (good + archive(), Refusal.NAME),
        "another time in a later block": (good + archive(SETUP, timestamp=5)[1024:], Refusal.BLOCK),
        "a name that is another's hash": (good + member_bytes(f"{hashed}.data.json", b"", TIMESTAMP), Refusal.NAME),
        "a name with a path": (good + member_bytes(f"./{hashed}.data.json", ballot, TIMESTAMP), Refusal.NAME),
        "a name in capitals": (good + member_bytes(f"{hashed.upper()}.data.json", ballot, TIMESTAMP), Refusal.NAME),
        "no JSON in an event": (with_event(b"{"), Refusal.EVENT),
        "an unknown type": (with_event(ended(type="Setups")), Refusal.EVENT),
        "an event with more members": (with_event(ended(more=1)), Refusal.EVENT),
        "members in another order": (
            with_event(event(height=1, parent=parent, type="EndBallots")),
            Refusal.EVENT,
        ),
        "an event with blanks": (with_event(ended().replace(b",", b", ")), Refusal.EVENT),
        "a number left out": (with_event(ended(height=2)), Refusal.HEIGHT),
        "the same number twice": (with_event(b'{"parent":"%s","height":0,"type":"EndBallots"}'), Refusal.HEIGHT),
        "another parent": (with_event(ended(parent="0" * 64)), Refusal.PARENT),
        "no parent": (with_event(ended(parent=None)), Refusal.PARENT),
        "data before an event that has none": (with_event(ended(payload=hashed), ballot), Refusal.PAYLOAD),
        "a payload that is not there": (with_event(ended(payload=hashed)), Refusal.PAYLOAD),
        "a payload before others": (with_event(ended(type="Ballot", payload=hashed), ballot, b"[]"), Refusal.PAYLOAD),
        "more data than the event needs": (
            with_event(ended(type="Ballot", payload=hashed), b"[]", ballot),
            Refusal.PAYLOAD,
        ),
        "an owner whose data are elsewhere": (
            with_event(ended(type="Shuffle", payload=hex_hash(owned)), b"[]", owned),
            Refusal.PAYLOAD,
        ),
        "data after the last event": (
            good + member_bytes(f"{hashed}.data.json", ballot, TIMESTAMP),
            Refusal.LOOSE_DATA,
        ),
    }


def first(body: bytes) -> bytes:
    return member_bytes("BELENIOS", body, 1)


@pytest.mark.parametrize("name", hostile())
def test_a_hand_made_archive_is_refused_with_the_reason_and_the_place(name: str) -> None:
    data, reason = hostile()[name]
    found, place = refused(data)
    assert found is reason
    assert 0 <= place.offset <= len(data)


def test_a_claim_of_half_a_gigabyte_costs_no_memory() -> None:
    import tracemalloc  # noqa: PLC0415  # only here

    data, _ = hostile()["a member that claims more than there is"]
    tracemalloc.start()
    refused(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * 1024 * 1024


def test_no_event_may_stand_where_its_kind_does_not_belong() -> None:
    allowed = {
        (Phase.NOTHING, "Setup"),
        (Phase.VOTING, "Ballot"),
        (Phase.VOTING, "EndBallots"),
        (Phase.CLOSED, "EncryptedTally"),
        (Phase.TALLIED, "Shuffle"),
        (Phase.TALLIED, "PartialDecryption"),
        (Phase.SHUFFLING, "Shuffle"),
        (Phase.SHUFFLING, "EndShuffles"),
        (Phase.SHUFFLED, "PartialDecryption"),
        (Phase.DECRYPTING, "PartialDecryption"),
        (Phase.DECRYPTING, "Result"),
    }
    for phase in Phase:
        for each in EVENTS:
            if (phase, each.kind) in allowed:
                advance(phase, each, Place(0))
                continue
            with pytest.raises(RecordRefusedError) as error:
                advance(phase, each, Place(7, 1))
            assert (error.value.reason, error.value.place) == (Refusal.ORDER, Place(7, 1))


@pytest.mark.parametrize("timestamp", [-1, MAX_TIMESTAMP + 1])
def test_a_time_that_no_block_holds_begins_no_archive(timestamp: int) -> None:
    with pytest.raises(ProgrammingError):
        open_archive(timestamp)


@pytest.mark.parametrize(
    "sized", [b'{"num_tallied":2,"total_weight":"2","encrypted_tally":"%s"}', b"[]", b"{}", b"\xff"]
)
def test_a_tally_of_another_spelling_is_no_event(sized: bytes) -> None:
    tally = b"[[]]"
    with pytest.raises(MalformedError):
        event_of("EncryptedTally", (tally, sized.replace(b"%s", hex_hash(tally).encode())))


def keys(count: int) -> list[PublicCredential]:
    group = BELENIOS_2048
    return [PublicCredential(group.power(group.generator, group.scalar(k + 2)), 1 + k % 3) for k in range(count)]


def test_voting_keys_are_written_sorted_and_read_back() -> None:
    data = write_credentials(keys(5))
    parsed = parse_credentials(BELENIOS_2048, data)
    assert sorted(parsed, key=lambda each: each.key) == list(parsed)
    assert is_sorted(parsed)
    assert set(parsed) == set(keys(5))
    assert not is_sorted(parsed[::-1])


def test_the_tool_accepts_a_vote_over_our_list_of_weights(new_tool: "NewTool") -> None:
    tool = new_tool()
    credentials = begun_by_the_tool(tool, "BELENIOS-2048", (PLAIN,), 2)
    theirs = parse_credentials(BELENIOS_2048, (tool.folder / "public_creds.json").read_bytes().strip())
    ours = [PublicCredential(each.key, weight) for each, weight in zip(theirs, (1, 1 << 30), strict=True)]
    tool.write("public_creds.json", write_credentials(ours))
    next(tool.folder.glob("*.bel")).unlink()
    tool.run("archive", "init")
    for credential in credentials:
        tool.add("Ballot", vote_by_the_tool(tool, credential, [[1, 1, 0]]))
    finish_by_the_tool(tool, is_shuffled=False)
    (tally,) = [each.event for each in read(tool.read("*.bel")) if isinstance(each.event, EncryptedTallyEvent)]
    assert tally.total_weight == 1 + (1 << 30)
    assert b'"total_weight":"1073741825"' in data_of(tally)[1]


def test_the_tool_and_we_spell_voting_keys_alike(new_tool: "NewTool") -> None:
    tool = new_tool()
    tool.write("voters", b"a@x,a,1\nb@x,b,3\nc@x,c,5000000000\n")
    for arguments, weights in ((("--count", "3"), [1, 1, 1]), (("--file", "voters"), [1, 3, 5_000_000_000])):
        tool.run("setup", "generate-credentials", "--uuid", tool.new_uuid(), "--group", "BELENIOS-2048", *arguments)
        data = tool.read("*.pubcreds").strip()
        parsed = parse_credentials(BELENIOS_2048, data)
        assert is_sorted(parsed)
        assert sorted(each.weight for each in parsed) == weights
        spelled = [each.partition(",")[0] for each in json.loads(data)]
        assert json.loads(write_credentials(PublicCredential(each.key) for each in parsed)) == spelled
        next(tool.folder.glob("*.pubcreds")).unlink()
        next(tool.folder.glob("*.privcreds")).unlink()


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "{}",
            "[1]",
            '["4"',
            '["4", "16"]',
            '["4","4"]',
            '["4","4,2"]',
            '["04"]',
            '["4,0,"]',
            '["4,01"]',
            '["4,x"]',
        ),
        *('["4,9007199254740992"]', '["4,-1"]', '["4,2,a,b"]', '["+4"]', '["\u0664"]', "\n[]"),
    ],
)
def test_a_list_of_voting_keys_in_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_credentials(RFC_3526_2048, text.encode())


@pytest.mark.parametrize("number", [0, 1, BELENIOS_2048.modulus - 1, 2])
def test_a_voting_key_that_is_no_element_or_signs_nothing_is_refused(number: int) -> None:
    with pytest.raises(MembershipError):
        parse_credentials(BELENIOS_2048, json.dumps([str(number)]).encode())


def test_voting_keys_are_written_once_each_and_with_a_weight_in_range() -> None:
    (key,) = keys(1)
    for wrong in ([key, key], [PublicCredential(key.key, -1)], [PublicCredential(key.key, 1 << 60)]):
        with pytest.raises(MalformedError):
            write_credentials(wrong)
