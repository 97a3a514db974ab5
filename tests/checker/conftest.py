# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A real browser without a network, a booth that is honest or not, and both forms of the checker side by side."""

import base64
import fcntl
import hashlib
import io
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import townhall_checker
from townhall_checker.cli import main
from townhall_crypto.secret import Secret
from townhall_voting.ballot_making import BallotMaker, Choices
from townhall_voting.check_code import base45, check_code
from townhall_voting.election import Election, Question, Title, write_election
from townhall_voting.group import Element, Group
from townhall_voting.nonces import SeedNonces
from townhall_voting.schnorr_group import BELENIOS_2048

PAGE = Path(townhall_checker.__file__).with_name("check.html")

# The page's own functions, called as its screen calls them.
_CHECK = """async (election, text, slip) => {
  const bytes = Uint8Array.from(atob(election), character => character.charCodeAt(0));
  try {
    return await checkBallot(readElection(bytes), text, slip, () => {});
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { verdict: 'refused', code: error.code };
  }
}"""


def seeded(label: str, size_bytes: int) -> bytes:
    return hashlib.shake_256(f"checker: {label}".encode()).digest(size_bytes)


def element_of(group: Group, label: str) -> Element:
    return group.power(group.generator, group.scalar(int.from_bytes(seeded(label, 64), "big")))


@dataclass(frozen=True, slots=True)
class Shown:
    """What a person has in hand: the text of the code on the screen, and the h on the slip."""

    election: bytes
    text: str
    slip: str


@dataclass(frozen=True, slots=True)
class Booth:
    """Makes ballots with the product's own code; its parts are there for whoever cheats."""

    election: Election

    def key(self, label: str = "voting key") -> Element:
        return element_of(self.election.group, label)

    def nonces(self, label: str = "seed", key: Element | None = None) -> SeedNonces:
        seed = Secret(seeded(label, 32))
        return SeedNonces(seed, self.election.group, self.election.fingerprint, key or self.key())

    def honest(self, *choices: tuple[int, ...], label: str = "seed") -> Shown:
        ballot = BallotMaker(self.election).prepare(Choices(choices), self.key(), self.nonces(label))
        text = check_code(self.election, Secret(seeded(label, 32)), ballot, Choices(choices))
        return Shown(self.election.data, text, ballot.hash)

    def claiming(self, h: str, *choices: tuple[int, ...], key: int | None = None, label: str = "seed") -> Shown:
        """Show a code for these choices with that h, whatever ballot it is of; the slip agrees."""
        key_bytes = int(self.key() if key is None else key).to_bytes(256, "big")
        flat = bytes(number for chosen in choices for number in chosen)
        content = self.head() + seeded(label, 32) + base64.b64decode(h + "=") + key_bytes + flat
        return self.showing(content, h)

    def head(self) -> bytes:
        """The version and the election, which a code begins with."""
        return b"\x01" + hashlib.sha256(self.election.data).digest()

    def showing(self, content: bytes, slip: str) -> Shown:
        return Shown(self.election.data, "THB1:" + base45(content), slip)


NewBooth = Callable[..., Booth]


def booth_of(
    *questions: Question, group: Group = BELENIOS_2048, name: str = "Council", key: str = "public key"
) -> Booth:
    title = Title("BXxNnieWzhqs6B", name, "")
    return Booth(write_election(title, group, element_of(group, key), questions))


@pytest.fixture(scope="session")
def new_booth() -> NewBooth:
    return booth_of


class Browser:
    """Chromium without a window, driven over its own pipe (Chrome DevTools Protocol)."""

    def __init__(self, profile: Path) -> None:
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (theirs_in, theirs_out)]
        arguments = [
            "chromium",
            "--headless",
            "--no-sandbox",  # the tests may run as root; the only pages are ours
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={profile}",
            "--remote-debugging-pipe",
            "about:blank",
        ]
        log = (str(profile / "log"), os.O_CREAT | os.O_WRONLY, 0o600)
        actions = [
            *((os.POSIX_SPAWN_DUP2, end, wanted) for end, wanted in zip(ends, (3, 4), strict=True)),
            *((os.POSIX_SPAWN_OPEN, out, *log) for out in (1, 2)),
        ]
        self._pid = os.posix_spawnp("chromium", arguments, os.environ, file_actions=actions, setpgroup=0)
        for end in (theirs_in, theirs_out, *ends):
            os.close(end)
        self._in, self._out = os.fdopen(ours_in, "rb"), os.fdopen(ours_out, "wb")
        self._last_id = 0
        self.events: list[dict[str, Any]] = []

    def send(self, method: str, session: str | None = None, **parameters: object) -> dict[str, Any]:
        """Send one command and return its result; what happens meanwhile is kept in ``events``."""
        self._last_id += 1
        message = {"id": self._last_id, "method": method, "params": parameters}
        self._out.write(json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0")
        self._out.flush()
        while True:
            answer = self._read()
            if answer.get("id") == self._last_id:
                assert "error" not in answer, (method, answer)
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def wait(self, method: str, session: str) -> dict[str, Any]:
        """Return the next event of that name, from those that were kept or still come."""
        while True:
            for event in self.events:
                if event.get("method") == method and event.get("sessionId") == session:
                    self.events.remove(event)
                    parameters: dict[str, Any] = event["params"]
                    return parameters
            self.events.append(self._read())

    def close(self) -> None:
        with suppress(OSError, EOFError):
            self.send("Browser.close")
        self._out.close()
        with suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        self._in.close()

    def _read(self) -> dict[str, Any]:
        message = bytearray()
        while (byte := self._in.read(1)) != b"\0":
            if not byte:
                raise EOFError
            message += byte
        answer: dict[str, Any] = json.loads(message)
        return answer


@dataclass(frozen=True, slots=True)
class Phone:
    """One page in the browser, as a person with a phone has it; no network from before it loads."""

    browser: Browser
    target: str
    session: str

    def send(self, method: str, **parameters: object) -> dict[str, Any]:
        return self.browser.send(method, self.session, **parameters)

    def call(self, function: str, *arguments: object) -> Any:  # noqa: ANN401  # whatever the page answers
        """Call a JavaScript function with JSON arguments and return what it, or its promise, comes to."""
        expression = f"({function})({','.join(json.dumps(each) for each in arguments)})"
        answer = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def open(self, path: Path) -> None:
        self.send("Page.navigate", url=path.as_uri())
        self.browser.wait("Page.loadEventFired", self.session)

    def give(self, input_id: str, *files: Path) -> None:
        """Choose files in a file input, as its dialogue does."""
        found = self.send("Runtime.evaluate", expression=f"document.getElementById({json.dumps(input_id)})")
        self.send("DOM.setFileInputFiles", objectId=found["result"]["objectId"], files=[str(each) for each in files])

    def type(self, input_id: str, text: str) -> None:
        self.call("id => document.getElementById(id).focus()", input_id)
        self.send("Input.insertText", text=text)

    def press(self, key: str, text: str = "") -> None:
        code = {"Tab": 9, "Enter": 13}[key]
        shared = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.send("Input.dispatchKeyEvent", type="keyDown", **shared, **({"text": text} if text else {}))
        self.send("Input.dispatchKeyEvent", type="keyUp", **shared)

    def tap(self, selector: str) -> None:
        """Tap the middle of an element that can be seen."""
        x, y = self.call(
            """selector => { const found = document.querySelector(selector); found.scrollIntoView({ block: 'center' });
            const box = found.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; }""",
            selector,
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def wait_for(self, condition: str) -> None:
        """Wait until a JavaScript expression is true, looked at before each frame; a minute is the end of all hope."""
        self.call(
            f"""() => new Promise((resolve, reject) => {{
            const end = setTimeout(() => reject(new Error('never')), 60000);
            const look = () => {{
              if (!({condition})) return requestAnimationFrame(look);
              clearTimeout(end);
              resolve();
            }};
            look(); }})"""
        )

    def text(self, selector: str = "body") -> str:
        """Return what can be read there."""
        shown: str = self.call("selector => document.querySelector(selector).innerText", selector)
        return shown

    def fill(self, shown: Shown, folder: Path) -> None:
        """Give the election's file and type what is shown; an empty slip is left alone."""
        file = folder / "election.json"
        file.write_bytes(shown.election)
        self.give("election-file", file)
        self.wait_for("document.getElementById('election').children.length > 0")
        self.type("code", shown.text)
        if shown.slip:
            self.type("slip", shown.slip)

    def check(self) -> str:
        """Tap on the button and return what is said in the end."""
        self.tap("#check")
        self.wait_for("document.querySelector('#outcome h2')")
        return self.text("#outcome")

    def picture(self, path: Path) -> None:
        shot = self.send("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))


NewPhone = Callable[..., Phone]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    started = Browser(tmp_path_factory.mktemp("chromium"))
    yield started
    started.close()


@pytest.fixture
def new_phone(browser: Browser) -> Iterator[NewPhone]:
    made: list[Phone] = []

    def make(
        page: Path = PAGE, *, width: int = 390, height: int = 844, languages: str = "en", first: str = ""
    ) -> Phone:
        target = browser.send("Target.createTarget", url="about:blank")["targetId"]
        session = browser.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        phone = Phone(browser, target, session)
        made.append(phone)
        for domain in ("Page", "Runtime", "Network", "DOM"):
            phone.send(f"{domain}.enable")
        phone.send(
            "Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0, uploadThroughput=0
        )
        phone.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=True)
        agent = browser.send("Browser.getVersion")["userAgent"]
        phone.send("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=languages)
        if first:
            phone.send("Runtime.addBinding", name="readPhoto")
            phone.send("Page.addScriptToEvaluateOnNewDocument", source=first)
        phone.open(page)
        return phone

    yield make
    for phone in made:
        browser.send("Target.closeTarget", targetId=phone.target)


@pytest.fixture(scope="session")
def checking_page(browser: Browser) -> Phone:
    """The page whose functions are called directly; one for all, because it keeps nothing."""
    target = browser.send("Target.createTarget", url="about:blank")["targetId"]
    session = browser.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    phone = Phone(browser, target, session)
    phone.send("Page.enable")
    phone.open(PAGE)
    return phone


@dataclass(frozen=True, slots=True)
class Checkers:
    """Both forms; what they say of one thing must be equal."""

    page: Phone
    folder: Path

    def facts(self, election: bytes, text: str, slip: str) -> dict[str, Any]:
        """Return what both say, which must be the same to the last letter."""
        by_page = self.page.call(_CHECK, base64.b64encode(election).decode(), text, slip)
        by_command = self._by_command(election, text, slip)
        assert by_page == by_command
        return by_command

    def verdict(self, shown: Shown) -> str:
        """Return a code, ``confirmed`` or ``compare``."""
        facts = self.facts(shown.election, shown.text, shown.slip)
        verdict: str = facts.get("code", facts["verdict"])
        return verdict

    def _by_command(self, election: bytes, text: str, slip: str) -> dict[str, Any]:
        file = self.folder / "election.json"
        file.write_bytes(election)
        given, answer = sys.stdin, sys.stdout
        sys.stdin, sys.stdout = io.TextIOWrapper(io.BytesIO(text.encode())), io.StringIO()
        try:
            main(["ballot", str(file), "--json", f"--slip={slip}"])
            facts: dict[str, Any] = json.loads(sys.stdout.getvalue())
        finally:
            sys.stdin, sys.stdout = given, answer
        return facts


@pytest.fixture(scope="session")
def checkers(checking_page: Phone, tmp_path_factory: pytest.TempPathFactory) -> Checkers:
    return Checkers(checking_page, tmp_path_factory.mktemp("command"))
