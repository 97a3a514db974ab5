# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Code in a real visit and in a real card process, after a kiosk's own code has locked them."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.process import hostile

from townhall_crypto.recipients import generate_recipient_key
from townhall_kiosk import messages
from townhall_process.channel import Channel
from townhall_process.child import socket_pair
from townhall_smartcard.simulation.pki import TestPki

ROOT = Path(__file__).resolve().parents[2]
SERVICE = ROOT / "services" / "change-of-address"
EXPECTED = {
    **dict.fromkeys((each.__name__ for each in hostile.NO_FILE), "ENOENT"),
    **dict.fromkeys((each.__name__ for each in hostile.REFUSED), "EACCES"),
    **dict.fromkeys((each.__name__ for each in hostile.UNKNOWN), "ENOSYS"),
}
_PATIENCE_S = 120


@pytest.fixture(scope="module")
def provisions() -> messages.Provisions:
    pki = TestPki()
    service = messages.ServiceFiles((SERVICE / "service.json").read_bytes(), (SERVICE / "form.xml").read_bytes())
    return messages.Provisions(
        kiosk="kiosk-1",
        place="Tamme Library",
        languages=("en", "et", "fr", "ar"),
        can_print=True,
        services=(service,),
        recipients={"population-register": (generate_recipient_key().public.to_bytes(),)},
        anchors=tuple(pki.anchors_der),
        intermediates=tuple(pki.intermediates_der),
        revocation_lists=tuple(pki.crls_der),
        entropy=os.urandom(256),
    )


async def play(
    kind: str, last: hostile.Attempt, provisions: messages.Provisions | None
) -> tuple[dict[str, str], bytes, int]:
    """Return what the taken-over process says of its attempts, what it says after the last, and how it ended."""
    ours, theirs = socket_pair()
    command = (sys.executable, "-m", "tests.process.hostile_visit", kind, str(os.getpid()), last.__name__)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    process = await asyncio.create_subprocess_exec(
        *command, str(theirs.fileno()), pass_fds=[theirs.fileno()], env=environment, stdout=subprocess.PIPE
    )
    theirs.close()
    channel: Channel[messages.FromVisit, messages.FromKeeper] = Channel(ours, messages.FromVisit)
    if provisions is not None:
        await channel.send(provisions)
        assert isinstance(await channel.receive(), messages.StandingBy)
    assert process.stdout is not None
    said = json.loads(await process.stdout.readline())
    rest = await process.stdout.read()
    status = await process.wait()
    channel.close()
    return said, rest, status


@pytest.mark.parametrize(
    "last",
    [
        hostile.execute_a_program,
        hostile.read_the_keepers_memory,
        hostile.trace_the_keeper,
        hostile.take_a_handle_of_the_keeper,
    ],
    ids=lambda attempt: attempt.__name__,
)
def test_a_taken_over_visit_opens_no_socket_no_file_and_no_memory(
    last: hostile.Attempt, provisions: messages.Provisions
) -> None:
    said, rest, status = asyncio.run(asyncio.wait_for(play("visit", last, provisions), _PATIENCE_S))
    assert said == EXPECTED
    assert (rest, status) == (b"", -signal.SIGSYS)


@pytest.mark.parametrize(
    "last", [hostile.execute_a_program, hostile.read_the_keepers_memory], ids=lambda attempt: attempt.__name__
)
def test_a_taken_over_card_process_reaches_unix_sockets_alone(last: hostile.Attempt) -> None:
    said, rest, status = asyncio.run(asyncio.wait_for(play("card", last, None), _PATIENCE_S))
    assert said == {**EXPECTED, "open_a_unix_socket": "done"}
    assert (rest, status) == (b"", -signal.SIGSYS)


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")
@pytest.mark.parametrize(
    ("attempt", "refusal"),
    [
        (hostile.open_the_keepers_memory, "EACCES"),
        (hostile.read_the_keepers_memory, "EPERM"),
        (hostile.write_the_keepers_memory, "EPERM"),
        (hostile.trace_the_keeper, "EPERM"),
        (hostile.take_the_keepers_descriptor, "EPERM"),
        (hostile.signal_the_keeper, "EPERM"),
        (hostile.reach_the_network, "ENETUNREACH"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_another_user_in_another_network_is_refused_even_without_a_lock(attempt: hostile.Attempt, refusal: str) -> None:
    """The second wall by itself: what holds if the first has a hole."""
    program = Path(hostile.__file__).read_text().replace("from townhall_process.sandbox", "# from ")
    as_another = ("setpriv", "--reuid=65533", "--regid=65533", "--clear-groups", "--no-new-privs")
    command = ("unshare", "--net", *as_another, "/usr/bin/python3", "-", "FREE", attempt.__name__, str(os.getpid()))
    ended = subprocess.run(command, input=program, capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout == refusal
