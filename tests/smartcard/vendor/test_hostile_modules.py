# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A vendor's module that crashes, hangs, lies or reaches out: a typed error in time, no process and no PIN left."""

import os
import resource
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.smartcard.vendor.conftest import Faults
from tests.smartcard.vendor.soft_tokens import PIN, SoftToken, SoftTokens

from townhall_crypto.card_signature import is_card_signature
from townhall_smartcard.errors import (
    CardError,
    CardModuleError,
    CardRemovedError,
    CardUnreadableError,
    CardUnsupportedError,
    ModuleCrashedError,
    ModuleStuckError,
    ModuleUnloadableError,
)
from townhall_smartcard.messages import PinRole, PinTries
from townhall_smartcard.national.at_desk import KeyUse, NationalOutcome, NationalRead
from townhall_smartcard.pins import BLOCKED, LAST_TRY_UNCONFIRMED, LENGTH, NOT_ACTIVATED, PinRefusal, PinRefusalReason
from townhall_smartcard.simulation.national_keys import KeyKind
from townhall_smartcard.vendor.at_desk import read_with_module
from townhall_smartcard.vendor.modules import VendorModule

SHORT_S = 3.0
MESSAGE = b"townhall test of a module"
ROLE = PinRole.AUTHENTICATION
LOGIN = f"login 1 {len(PIN)}"


def processes_around_modules() -> list[int]:
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdecimal() and b"vendor.module_process" in (process / "cmdline").read_bytes():
                status = (process / "status").read_text()
                found += [int(process.name)] if f"\nPPid:\t{os.getpid()}\n" in status else []
        except OSError:
            continue  # it ended meanwhile
    return found


def use(module: VendorModule, token: SoftToken, pin: bytes = PIN) -> NationalOutcome:
    """Have the authentication key sign; whatever comes of it, neither the PIN nor a process is left."""
    asked = KeyUse(ROLE, bytearray(pin), MESSAGE)
    outcome = read_with_module(token.reader, module, asked)
    assert not any(asked.typed)
    assert processes_around_modules() == []
    return outcome


def made(outcome: NationalOutcome) -> bytes | PinRefusal:
    assert isinstance(outcome, NationalRead), outcome
    return outcome.made[ROLE]


def assert_signed(outcome: NationalOutcome) -> None:
    signature = made(outcome)
    assert isinstance(outcome, NationalRead)
    assert isinstance(signature, bytes)
    algorithm = outcome.algorithm(ROLE)
    assert is_card_signature(outcome.contents.certificates[ROLE], algorithm, algorithm.digest.of(MESSAGE), signature)


def test_without_a_fault_the_module_between_passes_everything_on(faults: Faults, soft_token: SoftToken) -> None:
    """Otherwise the tests below would say nothing."""
    assert_signed(use(faults.module, soft_token))
    assert faults.told() == ["initialize", LOGIN, "sign"]


@pytest.mark.parametrize("where", ["load", "initialize", "login", "sign"])
@pytest.mark.parametrize("how", ["crash", "exit"])
def test_a_module_that_crashes_or_ends_its_process_is_told(
    faults: Faults, soft_token: SoftToken, how: str, where: str
) -> None:
    faults.order(f"{how} in {where}")
    outcome = use(faults.module, soft_token)
    assert type(outcome) is ModuleCrashedError
    assert faults.told().count(LOGIN) == (where in {"login", "sign"})


def test_a_module_that_leaks_ends_itself_and_not_the_machine(faults: Faults, soft_token: SoftToken) -> None:
    faults.order("leak in login")
    before_kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # a child is born as large as its parent
    assert type(use(faults.module, soft_token)) is ModuleCrashedError
    most_kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    own_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert most_kib < max(before_kib + 1, own_kib, 1.5 * (1 << 20))


@pytest.mark.parametrize(
    "fault", ["hang in initialize", "hang in login", "hang in sign", "loop in load", "loop in sign"]
)
def test_a_module_that_hangs_or_loops_is_ended_at_its_deadline(
    faults: Faults, soft_token: SoftToken, fault: str
) -> None:
    faults.order(fault)
    started = time.monotonic()
    outcome = use(replace(faults.module, deadline_s=SHORT_S), soft_token)
    assert type(outcome) is ModuleStuckError
    assert SHORT_S <= time.monotonic() - started < 3 * SHORT_S
    assert faults.told().count("sign") == (fault.endswith("sign"))


@pytest.mark.parametrize(
    ("fault", "what", "told"),
    [
        ("hang in sign", "keep", "NationalRead 1"),  # looking finds what is there
        ("hang in login", "wipe", "ModuleStuckError 0"),
        ("crash in login", "wipe", "ModuleCrashedError 0"),
        ("none", "wipe", "NationalRead 0"),
    ],
)
def test_no_pin_is_left_in_the_memory_of_the_desk(
    faults: Faults, soft_tokens: SoftTokens, fault: str, what: str, told: str
) -> None:
    """The PIN is a wrong one: no key signs."""
    faults.order(fault)
    program = [sys.executable, str(Path(__file__).with_name("pin_in_memory.py"))]
    arguments = [soft_tokens.make(KeyKind.P256).reader, str(faults.module.path), str(SHORT_S), what]
    done = subprocess.run([*program, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == (f"{told}\n", "")


def test_what_is_no_module_is_told(soft_token: SoftToken, tmp_path: Path) -> None:
    text = tmp_path / "module.so"
    text.write_bytes(b"\x7fELF" + bytes(200))
    mapped = Path("/proc/self/maps").read_text().splitlines()
    library = Path(next(line.split()[-1] for line in mapped if "libc.so" in line))
    for path in (text, tmp_path / "absent.so", tmp_path, library):
        assert type(use(VendorModule("none", path), soft_token)) is ModuleUnloadableError


def test_a_module_that_does_not_start_is_told_with_what_it_returned(faults: Faults, soft_token: SoftToken) -> None:
    faults.order("refuse to initialize")
    outcome = use(faults.module, soft_token)
    assert type(outcome) is ModuleUnloadableError
    assert "PKCS11Error" in str(outcome)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("countless slots", CardModuleError),
        ("endless certificate", CardModuleError),
        ("no certificate", CardUnsupportedError),
        ("return value of its own", CardModuleError),
        ("signature too long", CardUnreadableError),
        ("signature too short", CardUnreadableError),
        ("no signature", CardUnreadableError),
        ("wrong signature", CardUnreadableError),
        ("removed at login", CardRemovedError),
        ("removed while signing", CardRemovedError),
        ("another card", CardRemovedError),
        ("pin pad each time", CardModuleError),
    ],
)
def test_whatever_it_says_is_a_typed_error(
    faults: Faults, soft_token: SoftToken, fault: str, expected: type[CardError]
) -> None:
    faults.order(fault)
    outcome = use(faults.module, soft_token)
    assert type(outcome) is expected, outcome


def test_a_card_that_was_exchanged_gets_no_pin(faults: Faults, soft_token: SoftToken) -> None:
    faults.order("another card")
    assert isinstance(use(faults.module, soft_token), CardRemovedError)
    assert faults.told() == ["initialize"]


def test_names_of_nonsense_do_no_harm(faults: Faults, soft_token: SoftToken) -> None:
    faults.order("nonsense")
    assert_signed(use(faults.module, soft_token))


@pytest.mark.parametrize(
    ("fault", "refusal", "tries"),
    [
        ("locked", BLOCKED, PinTries(0, 3)),
        ("final try", LAST_TRY_UNCONFIRMED, PinTries(1, 3)),
        ("to be changed", NOT_ACTIVATED, PinTries(3, 3, is_activated=False, is_counted=False)),
        ("not initialised", NOT_ACTIVATED, PinTries(3, 3, is_activated=False, is_counted=False)),
    ],
)
def test_a_pin_that_cannot_help_or_might_be_the_last_is_not_sent(
    faults: Faults, soft_token: SoftToken, fault: str, refusal: PinRefusal, tries: PinTries
) -> None:
    faults.order(fault)
    outcome = use(faults.module, soft_token)
    assert made(outcome) == refusal
    assert isinstance(outcome, NationalRead)
    assert outcome.contents.tries == {PinRole.AUTHENTICATION: tries, PinRole.SIGNATURE: tries}
    assert faults.told() == ["initialize"]


@pytest.mark.parametrize("pin", [b"", b"1" * 65])
def test_a_pin_of_no_possible_length_is_not_sent(faults: Faults, soft_token: SoftToken, pin: bytes) -> None:
    assert made(use(faults.module, soft_token, pin)) == LENGTH
    assert faults.told() == ["initialize"]


@pytest.mark.parametrize(
    ("fault", "refusal"),
    [("locked at login", BLOCKED), ("expired at login", NOT_ACTIVATED), ("length at login", LENGTH)],
)
def test_what_the_module_says_of_a_pin_is_told_and_the_pin_is_not_sent_again(
    faults: Faults, soft_token: SoftToken, fault: str, refusal: PinRefusal
) -> None:
    faults.order(fault)
    assert made(use(faults.module, soft_token)) == refusal
    assert faults.told() == ["initialize", LOGIN]


def test_a_wrong_pin_is_sent_once_and_no_other_key_is_tried_with_it(faults: Faults, soft_tokens: SoftTokens) -> None:
    soft_token = soft_tokens.make(KeyKind.RSA_2048, KeyKind.P256)
    uses = [KeyUse(role, bytearray(b"654321"), MESSAGE) for role in (PinRole.AUTHENTICATION, PinRole.SIGNATURE)]
    outcome = read_with_module(soft_token.reader, faults.module, *uses)
    assert isinstance(outcome, NationalRead)
    assert outcome.made == {PinRole.AUTHENTICATION: PinRefusal(PinRefusalReason.WRONG, 2)}
    assert faults.told() == ["initialize", LOGIN]
    assert not any(uses[0].typed + uses[1].typed)


def test_at_a_reader_with_keys_of_its_own_no_pin_is_sent(faults: Faults, soft_token: SoftToken) -> None:
    faults.order("pin pad")
    for pin in (b"", b"654321"):
        assert_signed(use(faults.module, soft_token, pin))
        assert faults.told() == ["initialize", "login 1 0 at the reader", "sign"]


def test_a_module_with_a_pin_in_its_hands_reaches_no_file_no_network_no_process_and_no_other_memory(
    faults: Faults, soft_token: SoftToken, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """It prints the PIN as well, and nobody hears it. Once SoftHSM has put its files in order it only reads them."""
    assert_signed(use(faults.module, soft_token))
    faults.order("reach out")
    faults.monkeypatch.setenv("MODULE_FILE", str(tmp_path / "pin"))
    faults.told()
    assert_signed(use(replace(faults.module, writes_files=False), soft_token))
    assert faults.told() == ["initialize", LOGIN, "sign"]
    assert not (tmp_path / "pin").exists()
    assert capfd.readouterr() == ("", "")


def test_a_module_that_may_write_files_reaches_those_and_nothing_more(
    faults: Faults, soft_token: SoftToken, tmp_path: Path
) -> None:
    faults.order("reach out")
    faults.monkeypatch.setenv("MODULE_FILE", str(tmp_path / "pin"))
    assert isinstance(use(faults.module, soft_token), CardModuleError)
    assert faults.told() == ["initialize", LOGIN, "wrote a file"]
    assert (tmp_path / "pin").read_bytes() == PIN
