# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every screen once, worded as the kiosk words it, in each language and in stretched ones."""

import functools
import io
import json
from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import segno
from PySide6.QtCore import QBuffer, QIODevice, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPixmap

from townhall_fonts import FONT_FILES
from townhall_ui.screens import (
    AccessNumberScreen,
    Answer,
    AttractScreen,
    Candidate,
    CheckOrCastScreen,
    Choice,
    ChoiceScreen,
    CodeScreen,
    ContestScreen,
    DateWords,
    Direction,
    DocumentScreen,
    EntryKind,
    Frame,
    KeyboardWords,
    MarkWords,
    MessageScreen,
    PageWords,
    Picture,
    PinScreen,
    PinWords,
    PlaceWords,
    Portrait,
    QuestionScreen,
    RankedScreen,
    Ranking,
    RankWords,
    ReceiptScreen,
    ReviewScreen,
    Scale,
    Screen,
    SpokenWords,
    StatementScreen,
    StatusRow,
    StatusScreen,
    StillThereScreen,
    Tone,
    WaysGroup,
    WaysScreen,
    WorkingScreen,
)

_T: dict[str, list[str]] = json.loads((Path(__file__).parent / "words.json").read_text(encoding="utf-8"))


def png_of(image: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QPixmap.fromImage(image).save(buffer, "PNG")
    return bytes(buffer.data().data())


def _page(number: int) -> bytes:
    """A sheet of A4 at 150 dots an inch with a form on it."""
    sheet = QImage(1240, 1754, QImage.Format.Format_RGB32)
    sheet.fill(QColor("white"))
    painter = QPainter(sheet)
    font = QFont("Noto Sans")
    font.setPixelSize(44)
    painter.setFont(font)
    painter.drawText(
        QRectF(120, 120, 1000, 80), Qt.AlignmentFlag.AlignLeft, f"Notification of change of address {number}"
    )
    font.setPixelSize(25)
    painter.setFont(font)
    for line in range(32):
        text = f"{line + 1}. Line of the form that the person reads before signing it"
        painter.drawText(QRectF(120, 240 + line * 44, 1000, 40), Qt.AlignmentFlag.AlignLeft, text)
    painter.end()
    return png_of(sheet)


def _qr() -> bytes:
    out = io.BytesIO()
    segno.make("TOWNHALL:1:LAKE-0042-7719:" + "9f86d081884c7d65" * 6).save(out, kind="png", scale=4, border=2)
    return out.getvalue()


def _seed_qr() -> bytes:
    """As much as the code of a checked ballot holds: seed, commitment, choices, fingerprint, public key."""
    out = io.BytesIO()
    segno.make_qr("TOWNHALL:BALLOT:1:" + "9f86d081884c7d65" * 24, error="m").save(out, kind="png", scale=5, border=4)
    return out.getvalue()


_ZONE = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"


def _face() -> bytes:
    """A drawn face, 60 by 80: three bytes a pixel."""
    image = QImage(60, 80, QImage.Format.Format_RGB888)
    image.fill(QColor("#c9d6df"))
    painter = QPainter(image)
    painter.setBrush(QColor("#8d6e63"))
    painter.drawEllipse(QRectF(16, 14, 28, 38))
    painter.drawEllipse(QRectF(4, 56, 52, 40))
    painter.end()
    line = image.bytesPerLine()
    pixels = bytes(image.constBits())
    return b"".join(pixels[row * line : row * line + 180] for row in range(80))


S = TypeVar("S", bound=Screen)


class Sampler:
    """Makes the screens of one language."""

    fonts = FONT_FILES

    def __init__(self, language: str) -> None:
        self._index = ("en", "ar").index(language)
        self.language = language
        self.direction = (Direction.LEFT_TO_RIGHT, Direction.RIGHT_TO_LEFT)[self._index]
        self.paging = PageWords(self.t("previous"), self.t("next"), self.t("page"))
        self.spoken = SpokenWords(**{field.name: self.t(f"s {field.name}") for field in fields(SpokenWords)})
        self.keyboard = KeyboardWords(
            space=self.t("space"),
            delete=self.t("delete"),
            shift=self.t("shift"),
            more_letters=self.t("more"),
            symbols=self.t("symbols"),
            letters=self.t("letters"),
            script=self.t("script"),
            own_script=self.t("own script"),
        )

    def t(self, key: str) -> str:
        return _T[key][self._index]

    def frame(self, heading: str, proceed: str | None = "continue", *, has_ways_out: bool = True) -> Frame:
        return Frame(
            language=self.language,
            direction=self.direction,
            heading=self.t(heading),
            status=self.t("status"),
            step=self.t("step"),
            back=self.t("back") if has_ways_out else None,
            stop=self.t("stop") if has_ways_out else None,
            help=self.t("call"),
            ways=self.t("ways"),
            spoken=self.spoken,
            proceed=None if proceed is None else self.t(proceed),
        )

    def question(
        self, kind: EntryKind, heading: str, value: str = "", choices: tuple[Choice, ...] = ()
    ) -> QuestionScreen:
        date = DateWords(*map(self.t, ("day", "month", "year", "hour", "minute")))
        return QuestionScreen(
            self.frame(heading), kind, value, self.keyboard, date, choices=choices, paging=self.paging
        )

    def message(
        self, heading: str, paragraphs: tuple[str, ...], proceed: str | None, picture: Picture, tone: Tone = Tone.PLAIN
    ) -> MessageScreen:
        texts = tuple(self.t(text) for text in paragraphs)
        return MessageScreen(self.frame(heading, proceed), texts, picture, tone)

    def pin(self, *, notice: str = "") -> PinScreen:
        words = PinWords(self.t("clear"), self.t("delete"), self.t("entered"))
        tone = Tone.PROBLEM if notice else Tone.PLAIN
        return PinScreen(self.frame("pin", "sign"), words, self.t("pin1"), 5, 12, notice and self.t(notice), tone)

    def number(self, *, notice: str = "") -> AccessNumberScreen:
        words = PinWords(self.t("clear"), self.t("delete"), self.t("entered"))
        tone = Tone.WARNING if notice else Tone.PLAIN
        heading = replace(self.frame("number", "number go"), back=None)
        return AccessNumberScreen(heading, words, self.t("number1"), 6, notice and self.t(notice), tone)

    def admission(self) -> AccessNumberScreen:
        asked = replace(self.number(), frame=self.frame("admission"), introduction=self.t("admission1"))
        return replace(asked, digits=9, is_on_paper=True)

    def kinds(self) -> tuple[Choice, ...]:
        return (
            Choice("rent", self.t("rent")),
            Choice("own", self.t("own")),
            Choice("guest", self.t("guest"), self.t("guest hint")),
        )

    def messages(self) -> dict[str, Screen]:
        other = Choice("stop", self.t("try other"))
        helping = self.message("help", ("help1",), None, Picture.HELP, Tone.WARNING)
        last = self.message("try", ("try1", "try2"), "try go", Picture.NONE, Tone.WARNING)
        return {
            "insert": self.message("insert", ("insert1", "insert2"), None, Picture.INSERT_CARD),
            "stopped": self.message("taken", ("taken1", "taken2"), "again", Picture.STOPPED, Tone.PROBLEM),
            "take": self.message("take", ("take1",), None, Picture.TAKE_CARD, Tone.GOOD),
            "help": replace(helping, frame=replace(helping.frame, code="TH-CARD-012", back=None, stop=None)),
            "last-try": replace(last, other=other),
            "done": self.message("take", ("take1",), "finish", Picture.DONE, Tone.GOOD),
        }

    def choosing(self) -> dict[str, Screen]:
        services = (
            Choice("address", self.t("address"), self.t("address1")),
            Choice("record", self.t("record"), self.t("record1"), is_available=False),
        )
        languages = (Choice("en", "English", language="en"), Choice("ar", "العربية", language="ar"))
        towns = tuple(Choice(f"town{number}", f"Municipality {number}") for number in range(1, 31))
        invitations = (
            Choice("en", "Touch to start", "Change your address, order records, sign forms", language="en"),
            Choice("ar", "المس للبدء", "غيّر عنوانك واطلب السجلات ووقّع الاستمارات", language="ar"),
        )
        keep, gone = Choice("keep", self.t("keep")), Choice("remove-now", self.t("remove now"))
        return {
            "attract": AttractScreen(self.frame("welcome", None, has_ways_out=False), invitations, self.t("place")),
            "services": ChoiceScreen(self.frame("services", None), services, self.t("services1")),
            "languages": ChoiceScreen(self.frame("services", None), languages),
            "repeat": ChoiceScreen(self.frame("things"), self.things(), self.t("things1"), paging=self.paging),
            "remove": ChoiceScreen(self.frame("remove this", None), (keep, gone)),
            "towns": ChoiceScreen(self.frame("town", None), towns, paging=self.paging),
            "left-open": self.left_open(),
        }

    def left_open(self) -> ChoiceScreen:
        """The list of what needs another answer: questions as long as forms ask them, each with what is wrong."""
        asked = ("long question", "moved question", "street", "people")
        problems = ("long problem", "needed", "street problem", "needed")
        lines = enumerate(zip(asked, problems, strict=True))
        choices = tuple(Choice(f"open{number}", self.t(label), self.t(hint)) for number, (label, hint) in lines)
        heading = replace(self.frame("mend", "answers"), back=None)
        return ChoiceScreen(heading, choices, self.t("mend1"), paging=self.paging)

    def things(self) -> tuple[Choice, ...]:
        """What can be done about the two things that a form has been told of."""
        acts = (("change thing", 1), ("remove thing", 1), ("change thing", 2), ("remove thing", 2))
        return (
            Choice("add", self.t("add another")),
            *(Choice(f"{act}{number}".replace(" ", "-"), f"{self.t(act)} {number}") for act, number in acts),
        )

    def questions(self) -> dict[str, Screen]:
        towns = tuple(Choice(f"t{number}", f"{number}. {self.t('own')}") for number in range(1, 13))
        tell = tuple(Choice(f"tell{number}", self.t(f"tell{number}")) for number in (1, 2, 3))
        text = self.question(EntryKind.TEXT, "street", "12 Harbour Road")
        date = self.question(EntryKind.DATE, "date", "2027-03-01")
        hint = self.t("street hint")
        born = self.question(EntryKind.DATE, "born", "1980-01-08")
        printed = self.question(EntryKind.LINES, "printed", _ZONE)
        words = replace(self.keyboard, space=self.t("new line"), script="")
        printed = replace(printed, shapes=((3, 30), (2, 36), (2, 44)), keyboard=words)
        return {
            "lines": replace(printed, hint=self.t("printed hint")),
            "lines-problem": replace(printed, problem=self.t("printed problem")),
            "text": replace(text, hint=hint),
            "text-problem": replace(text, value="Harbour", problem=self.t("street problem")),
            "text-source": replace(text, source=self.t("source")),
            "long-text": self.question(EntryKind.LONG_TEXT, "reason", "New work.\nCloser to my family."),
            "integer": replace(self.question(EntryKind.INTEGER, "people", "3"), hint=hint),
            "decimal": self.question(EntryKind.DECIMAL, "size", "72.5"),
            "date": replace(date, hint=self.t("date hint")),
            "date-problem": replace(date, value="2027-02-31", problem=self.t("date problem")),
            "time": self.question(EntryKind.TIME, "time", "14:05:00.000+02:00"),
            "date-time": self.question(EntryKind.DATE_TIME, "moment", "2027-03-01T14:05"),
            "place": self.place("58.3801 -26.7251 0.0 0.0"),
            "range": self.scale("20"),
            "rank": self.rank("own rent"),
            "choose-one": self.question(EntryKind.CHOOSE_ONE, "kind", "own", self.kinds()),
            "choose-many": self.question(EntryKind.CHOOSE_MANY, "tell", "tell1 tell3", tell),
            "choose-towns": self.question(EntryKind.CHOOSE_ONE, "town", "t9", towns),
            "note": replace(self.question(EntryKind.NOTE, "note"), hint=self.t("note1")),
            "read-only": replace(born, is_read_only=True, source=self.t("source"), hint=hint),
        }

    def place(self, value: str = "") -> QuestionScreen:
        words = PlaceWords(self.t("latitude"), self.t("longitude"), self.t("minus"))
        return replace(self.question(EntryKind.PLACE, "where it is", value), place=words)

    def scale(self, value: str = "", low: str = "0", step: str = "5") -> QuestionScreen:
        scale = Scale(Decimal(low), Decimal(100), Decimal(step), self.t("less"), self.t("more of it"))
        hint = self.t("scale hint")
        return replace(self.question(EntryKind.RANGE, "how far", value), scale=scale, hint=hint)

    def rank(self, value: str = "") -> QuestionScreen:
        names = tuple(self.t(f"rank{number}") for number in (1, 2, 3))
        ranks = RankWords(names, self.t("move up"), self.t("move down"), self.t("take out"))
        return replace(self.question(EntryKind.RANK, "in order", value, self.kinds()), ranks=ranks)

    def others(self) -> dict[str, Screen]:
        review = [
            Answer("street", self.t("street"), "12 Harbour Road, flat 7", self.t("change")),
            Answer("date", self.t("date"), "1 March 2027", self.t("change")),
            Answer("kind", self.t("kind"), self.t("own"), self.t("change")),
            Answer("born", self.t("born"), "8 January 1980", None),
            Answer("tell", self.t("tell"), f"{self.t('tell1')}, {self.t('tell3')}", self.t("change")),
            Answer("people", self.t("people"), "3", self.t("change")),
            Answer("reason", self.t("reason"), "New work, closer to my family", self.t("change")),
        ]
        words = (self.t("previous"), self.t("next"), self.t("page"))
        facts = (
            (self.t("service"), self.t("address")),
            (self.t("when"), "1 March 2027, 14:05"),
            (self.t("where"), self.t("place")),
        )
        printing = Choice("print", self.t("print"))
        steps = tuple(self.t(key) for key in ("work1", "work2", "work3"))
        still = (self.t("there1"), self.t("there2"))
        there = replace(self.frame("there", None, has_ways_out=False), help=None, ways=None)
        return {
            "pin": self.pin(),
            "pin-problem": self.pin(notice="pin notice"),
            "access-number": self.number(),
            "access-number-problem": self.number(notice="number notice"),
            "access-number-paper": self.admission(),
            "review": ReviewScreen(self.frame("review"), tuple(review), self.t("review1"), *words),
            "document": DocumentScreen(
                self.frame("document", "sign"), (_page(1), _page(2)), "Notification", self.t("document1"), *words
            ),
            "working": WorkingScreen(self.frame("working", None, has_ways_out=False), steps, 1, self.t("working note")),
            "receipt": ReceiptScreen(
                self.frame("done", "finish", has_ways_out=False),
                "LAKE-0042-7719",
                _qr(),
                self.t("qr"),
                (self.t("done1"),),
                facts,
                printing,
            ),
            "still-there": StillThereScreen(there, still, "18"),
        }

    def group(self, name: str, label: str, ways: tuple[str, ...], chosen: str) -> WaysGroup:
        choices = tuple(Choice(way, self.t(way), is_chosen=way == chosen) for way in ways)
        return WaysGroup(name, self.t(label), choices)

    def for_staff_and_ways(self) -> dict[str, Screen]:
        groups = (
            self.group("text-size", "size of text", ("small", "usual", "large", "largest"), "usual"),
            self.group("contrast", "contrast", ("usual", "light", "dark", "soft"), "usual"),
            self.group("speech", "speech", ("off", "on"), "off"),
            self.group("switches", "switches", ("none", "one switch", "two switches"), "none"),
            self.group("speed", "speed", ("slow", "medium", "fast"), "medium"),
        )
        rows = (
            StatusRow(self.t("queue"), "14"),
            StatusRow(self.t("oldest"), "1 March 2027, 14:05", Tone.WARNING),
            StatusRow(self.t("catalogue"), self.t("stale"), Tone.WARNING),
            StatusRow(self.t("clock"), self.t("well"), Tone.GOOD),
            StatusRow(self.t("disk"), self.t("well"), Tone.GOOD),
            StatusRow(self.t("reader"), self.t("well"), Tone.GOOD),
            StatusRow(self.t("printer"), self.t("no paper"), Tone.PROBLEM),
        )
        acts = tuple(Choice(act, self.t(act)) for act in ("test", "export", "restart", "close kiosk", "leave staff"))
        ways = WaysScreen(self.frame("ways title"), groups, self.t("ways1"), self.paging)
        status = StatusScreen(self.frame("kiosk", None), rows, acts, self.paging)
        found = (
            StatusRow(self.t("surname"), "ERIKSSON", Tone.GOOD),
            StatusRow(self.t("own name"), "إريكسون آنّا · Эрикссон Анна", Tone.WARNING),
            StatusRow(self.t("document number"), "D23145890", Tone.PROBLEM),
            *rows,
        )
        portrait = Portrait(60, 80, _face(), self.t("portrait"))
        checked = StatusScreen(self.frame("checked document", None), found, (Choice("another", self.t("another")),))
        checked = replace(checked, paging=self.paging, portrait=portrait)
        checked = replace(checked, introduction=self.t("vouched"), tone=Tone.GOOD)
        assisted = self.question(EntryKind.CHOOSE_ONE, "kind", "own", self.kinds())
        return {
            "ways": ways,
            "status": status,
            "document-checked": checked,
            "clerk": replace(assisted, frame=replace(assisted.frame, mode=self.t("clerk"))),
        }

    def candidates(self, count: int, key: str = "candidate", *, has_numbers: bool = True) -> tuple[Candidate, ...]:
        details = (self.t("list1"), self.t("list2"))
        return tuple(
            Candidate(
                f"{key}{number}",
                self.t(f"{key}{number}"),
                details[number % 2] if has_numbers else "",
                str(100 + number) if has_numbers else "",
            )
            for number in range(1, count + 1)
        )

    def blank(self) -> Candidate:
        return Candidate("blank", self.t("blank"), self.t("blank detail"))

    def contest(self, count: int, marks: tuple[str, ...] = (), *, has_blank: bool = False) -> ContestScreen:
        words = MarkWords(
            tuple(self.t(f"chosen{number}") for number in range(3)),
            self.t("too many"),
            self.t("chosen word"),
            PageWords(self.t("up"), self.t("down"), self.t("shown")),
            self.t("blank chosen"),
            self.t("not with blank"),
            self.t("blank not with"),
        )
        blank = self.blank() if has_blank else None
        frame = self.frame("contest")
        return ContestScreen(frame, self.t("choose two"), self.candidates(count), 2, words, marks, blank)

    def ranked(self, ranking: Ranking = (), *, is_equal: bool = False, has_blank: bool = False) -> RankedScreen:
        words = MarkWords(
            tuple(self.t(f"ranked{number}") for number in range(4)),
            self.t("too many ranks"),
            self.t("chosen word"),
            PageWords(self.t("up"), self.t("down"), self.t("shown")),
            self.t("blank chosen"),
            self.t("not with blank"),
            self.t("blank not with"),
        )
        ranks = tuple(self.t(f"rank{number}") for number in (1, 2, 3))
        moves = RankWords(ranks, self.t("move up"), self.t("move down"), self.t("take out"), self.t("shared"))
        return RankedScreen(
            self.frame("park"),
            self.t("rank three"),
            self.candidates(4, "park", has_numbers=False),
            3,
            words,
            moves,
            ranking,
            is_equal,
            self.blank() if has_blank else None,
        )

    def ballots(self) -> dict[str, Screen]:
        return {
            "contest": self.contest(3, ("candidate2",), has_blank=True),
            "contest-unmarked": self.contest(2),
            "contest-blank": self.contest(3, ("blank",), has_blank=True),
            "contest-pages": self.contest(8, ("candidate7",), has_blank=True),
            "contest-notice": replace(self.contest(3, has_blank=True), notice=self.t("too many")),
            "ranked": self.ranked((("park2",), ("park1",))),
            "ranked-equal": self.ranked((("park1", "park4"), ("park2",)), is_equal=True, has_blank=True),
            "ranked-blank": self.ranked((("blank",),), has_blank=True),
        }

    def casting(self) -> dict[str, Screen]:
        words = (self.t("previous"), self.t("next"), self.t("page"))
        review = (
            Answer("council", self.t("contest"), self.t("candidate2"), self.t("change"), self.t("one more")),
            Answer("school", self.t("school"), "", self.t("change"), self.t("nothing chosen")),
            Answer("library", self.t("library"), self.t("blank"), self.t("change")),
            Answer(
                "park", self.t("park"), "\n".join(self.t(key) for key in ("park3", "park1", "park2")), self.t("change")
            ),
        )
        ways = (Choice("check", self.t("check"), self.t("check1")), Choice("cast", self.t("cast"), self.t("cast1")))
        code = "k3x7q9 fd02hm wz51vn t8rcp4 6jy0ab eu3s9d 1lq7xk"
        receipt = ReceiptScreen(
            self.frame("vote counted", "finish", has_ways_out=False),
            self.t("slip words"),
            _qr(),
            self.t("vote qr"),
            (self.t("vote counted1"),),
            ((self.t("election"), self.t("election name")), (self.t("tracker"), code)),
            Choice("print", self.t("print")),
        )
        checked = tuple(self.t(key) for key in ("checked1", "checked2"))
        return {
            "ballot-review": ReviewScreen(self.frame("ballot review"), review, self.t("ballot review1"), *words),
            "check-or-cast": CheckOrCastScreen(
                self.frame("check or cast", None),
                (self.t("check or cast1"),),
                self.t("slip says"),
                self.t("slip words"),
                ways,
            ),
            "checked": CodeScreen(
                self.frame("checked", "start again", has_ways_out=False), _seed_qr(), self.t("checked qr"), checked
            ),
            "slip": self.message("slip printed", ("slip printed1", "slip printed2"), "finish", Picture.TAKE_SLIP),
            "statement": StatementScreen(
                self.frame("cast sentence", "cast my vote"),
                self.t("statement"),
                (self.t("cast sentence1"),),
                self.paging,
            ),
            "vote-receipt": receipt,
            "polls": self.polls(),
        }

    def polls(self) -> StatusScreen:
        rows = (
            StatusRow(self.t("state"), self.t("polls closed")),
            StatusRow(self.t("first officer"), self.t("confirmed"), Tone.GOOD),
            StatusRow(self.t("second officer"), self.t("card wanted"), Tone.WARNING),
            StatusRow(self.t("zero"), self.t("zero1"), Tone.GOOD),
            StatusRow(self.t("cast number"), "0"),
        )
        acts = tuple(Choice(act, self.t(act)) for act in ("confirm", "zero print", "leave staff"))
        return StatusScreen(self.frame("polls", None), rows, acts, self.paging, self.t("polls1"))

    def one(self, name: str, kind: type[S]) -> S:
        """A screen by its name, known to be of a kind."""
        screen = self.all()[name]
        assert isinstance(screen, kind)
        return screen

    @staticmethod
    def with_heading(screen: Screen, heading: str) -> Screen:
        return replace(screen, frame=replace(screen.frame, heading=heading))

    @staticmethod
    def at_step(screen: WorkingScreen, current: int) -> WorkingScreen:
        return replace(screen, current=current)

    @functools.cache  # noqa: B019 - two samplers live as long as the tests
    def all(self) -> dict[str, Screen]:
        visits = {**self.choosing(), **self.messages(), **self.questions(), **self.others()}
        return {**visits, **self.for_staff_and_ways(), **self.ballots(), **self.casting()}


class StretchedSampler(Sampler):
    """The pseudo-locale: every text longer by forty in a hundred, read from either side."""

    def __init__(self, language: str, direction: Direction) -> None:
        super().__init__(language)
        self.direction = direction

    def t(self, key: str) -> str:
        words = super().t(key).split()
        return " ".join([*words, *words[: max(1, len(words) * 2 // 5)]])
