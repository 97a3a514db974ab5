# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A card with the PIN states of the German one, whose PACE and secure messaging are OpenPACE's: none of our own chip.

Its habits are those of virtual cards that others wrote on the same library: 6Cxx where more is asked than there is, a
bare 6300 for a wrong code, a try that is taken with the first step of PACE, two in the counter told as three, tries
that the PUK itself gives back, and one padding too many in the checksum of a command without objects. With
``is_strict`` it keeps to BSI TR-03110: the last try inside the access number's session, 63Cx for each wrong PIN.
"""

from tests.smartcard.emrtd.openpace import OpenPace

from townhall_smartcard.connection import RawCommand
from townhall_smartcard.emrtd.pace import PasswordReference
from townhall_smartcard.simulation.card_command import Answer, Command, parse_command
from townhall_smartcard.simulation.german_contents import OFFER, GermanHabits, german_files
from townhall_smartcard.tlv import encode, parse_all, value_at

_SHORT = {0x1C: 0x011C, 0x1E: 0x2F00}


class OpenPaceIdentityCard:
    atr = bytes.fromhex("3B8A80018031F873F741E082900075")

    def __init__(self, *, is_strict: bool) -> None:
        self.is_strict = is_strict
        self.codes = {2: b"500540", 3: b"271828", 4: b"9876543210"}
        self.tries = 3
        self.puk_uses = 10
        self._files = german_files(GermanHabits())
        self.reset()

    def reset(self) -> None:
        self._chosen = self._opened_by = 0
        self._run: OpenPace | None = None
        self._session: OpenPace | None = None
        self._is_resumed = False
        self._file = 0

    def transmit(self, command: RawCommand) -> bytes:
        parsed = parse_command(bytes(command))
        if parsed is None:
            return b"\x67\x00"
        if parsed.cla & 0x0C:
            return self._protected(parsed)
        self._end_session()
        answer = self._answer(parsed)
        self._begin(parsed, answer)
        return answer.to_bytes()

    def _end_session(self) -> None:
        self._session, self._opened_by = None, 0
        self._is_resumed = self._is_resumed and not self.is_strict

    def _begin(self, command: Command, answer: Answer) -> None:
        if command.ins == 0x86 and not command.cla & 0x10 and answer.status == 0x9000 and self._run is not None:
            self._session, self._opened_by, self._run = self._run, self._chosen, None
            self._session.begin_session()

    def _protected(self, command: Command) -> bytes:
        session = self._session
        if session is None:
            return b"\x69\x88"
        session.count()
        objects = command.data[:-10]
        header = session.padded(bytes((command.cla, command.ins, command.p1, command.p2)))
        blocks = header + (session.padded(objects) if objects or not self.is_strict else b"")
        if command.data[-8:] != session.checksum(blocks):
            self._end_session()
            return b"\x69\x88"
        cryptograms = [each.value for each in parse_all(objects) if each.tag == 0x87]
        plain = session.decrypt(cryptograms[0][1:]) if cryptograms else b""
        inner = Command(command.cla & ~0x0C, command.ins, command.p1, command.p2, plain)
        is_pace = command.ins in (0x22, 0x86)
        answer = Answer(0x6D00) if is_pace and not self.is_strict else self._answer(inner)
        session.count()
        told = encode(0x87, b"\x01" + session.encrypt(answer.data)) if answer.data else b""
        told += encode(0x99, answer.status.to_bytes(2, "big"))
        told += encode(0x8E, session.checksum(session.padded(told)))
        self._begin(inner, answer)
        return Answer(answer.status, told).to_bytes()

    def _answer(self, command: Command) -> Answer:
        match command.ins:
            case 0xA4:
                self._file = int.from_bytes(command.data, "big") if command.p1 == 0x02 else 0
                return Answer(0x9000 if command.p1 == 0x00 or self._file in self._files else 0x6A82)
            case 0xB0:
                return self._read(command)
            case 0x22:
                return self._choose(command)
            case 0x86:
                return self._step(command)
            case 0x2C:
                return self._reset_counter(command)
            case _:
                return Answer(0x6D00)

    def _read(self, command: Command) -> Answer:
        self._file = _SHORT.get(command.p1 & 0x1F, 0) if command.p1 & 0x80 else self._file
        content = self._files.get(self._file, b"")[command.p2 + (0 if command.p1 & 0x80 else command.p1 << 8) :]
        if not content:
            return Answer(0x6A82)
        expected = command.expected or 0
        return Answer(data=content[:expected]) if len(content) >= expected else Answer(0x6C00 | len(content))

    def _choose(self, command: Command) -> Answer:
        self._chosen = value_at(command.data, 0x83)[0]
        self._run = None
        if self._chosen != 3 or self.tries == 3:
            return Answer()
        if self.is_strict or self.tries == 0:
            return Answer(0x63C0 | self.tries)
        return Answer(0x63C1 if self.tries == 1 and not self._is_resumed else 0x9000)

    def _is_closed(self) -> bool:
        if self._chosen == 4:
            return self.puk_uses == 0
        return self._chosen == 3 and (self.tries == 0 or (self.tries == 1 and not self._is_resumed))

    def _step(self, command: Command) -> Answer:
        asked = [(each.tag, each.value) for each in parse_all(value_at(command.data, 0x7C))]
        if not asked:
            return self._first_step()
        if self._run is None:
            return Answer(0x6985)
        ((tag, theirs),) = asked
        if tag == 0x81:
            own = self._run.mapping_data()
            self._run.map(theirs)
            return Answer(data=encode(0x7C, encode(0x82, own)))
        if tag == 0x83:
            own = self._run.public_key()
            self._token = self._run.agree(theirs)
            return Answer(data=encode(0x7C, encode(0x84, own)))
        return self._last_step(self._run, theirs)

    def _first_step(self) -> Answer:
        if self._is_closed():
            return Answer(0x6300)
        self.tries -= self._chosen == 3
        self.puk_uses -= self._chosen == 4
        self._run = OpenPace(OFFER, self.codes[self._chosen], PasswordReference(self._chosen))
        return Answer(data=encode(0x7C, encode(0x80, self._run.encrypted_nonce())))

    def _last_step(self, run: OpenPace, token: bytes) -> Answer:
        if not run.believes(token):
            self._run, self._is_resumed = None, False
            return Answer(0x63C0 | self.tries if self.is_strict and self._chosen == 3 else 0x6300)
        self._is_resumed = self._chosen == 2 and self.tries == 1
        gives_back = self._chosen == 3 or (self._chosen == 4 and not self.is_strict)
        self.tries = 3 if gives_back else self.tries
        return Answer(data=encode(0x7C, encode(0x86, self._token)))

    def _reset_counter(self, command: Command) -> Answer:
        match command.p1, command.p2, self._opened_by:
            case 0x02, 0x03, 3:
                self.codes[3] = command.data
                return Answer()
            case 0x03, 0x03, 4:
                self.tries = 3
                return Answer()
            case _:
                return Answer(0x6982)
