# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A service that a town offers: a folder with a form, its names in every language, its addressee and what it asks.

The folder's format is docs/formats/service.md.
"""

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final, TypeAlias

import msgspec

from townhall_crypto.trust_verdict import POLICIES, RevocationNeed, ServiceClass, TrustPolicy
from townhall_forms.applicable import kiosk_gaps
from townhall_forms.errors import FormRefusedError, ServiceRefusedError
from townhall_forms.form import MAX_FORM_BYTES, Form, load_form
from townhall_forms.transaction import SignatureFormat

DESCRIPTION_FILE: Final = "service.json"
MAX_DESCRIPTION_BYTES: Final = 64 * 1024

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_FILE = re.compile(r"[a-z0-9][a-z0-9._-]*\.xml")
_MAX_NAME = 60
_MAX_GAPS = 5  # named in one refusal


_Days: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=366)]
_Words: TypeAlias = Annotated[
    tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=60)], ...], msgspec.Meta(max_length=40)
]


class CaseWork(enum.Enum):
    """What follows at the agency; no kiosk does it, or makes believe that it is done."""

    SLOTS = "slots"  # a day and hour are given
    PAYMENT = "payment"
    ROUTING = "routing"  # to the office that is in charge
    DECISION = "decision"  # an administrative act that can be contested


class LifeEvent(enum.Enum):
    """What happens in a person's life when they need a service; lists of many services are grouped by it."""

    MOVING = "moving"
    FAMILY = "family"  # marriage, children, care, death
    HEALTH = "health"
    HOME = "home"  # building, waste, neighbours
    SCHOOL = "school"
    WORK = "work"  # a job or a business
    MONEY = "money"  # benefits, taxes, fees
    LOSSES = "losses"  # what was lost, stolen or unsafe
    PUBLIC_SPACE = "public-space"  # streets, parks, events
    PAPERS = "papers"  # proofs, identity, residence
    TOWN = "town"  # having a say


@dataclass(frozen=True, slots=True)
class Service:
    """One service. ``titles`` and ``summaries`` have the same languages, all those of the form among them."""

    id: str
    titles: Mapping[str, str]  # by BCP 47 language
    summaries: Mapping[str, str]
    recipient: str  # the agency's name among the recipients' keys
    form: Form
    form_xml: bytes
    trust: TrustPolicy = POLICIES[ServiceClass.FORM_SUBMISSION]
    signature: SignatureFormat = SignatureFormat.PADES
    needs_line: bool = False  # cannot be had while the centre does not answer
    later: tuple[CaseWork, ...] = ()  # what the agency does with it once it has the form
    life_events: tuple[LifeEvent, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by language: what people call it


class _Trust(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"kind": "class"}):
    """The field `trust`: a class of service, and what is otherwise than in its class."""

    kind: ServiceClass = ServiceClass.FORM_SUBMISSION
    revocation: RevocationNeed | None = None
    crl_age_days: _Days | None = None
    list_age_days: _Days | None = None

    def policy(self) -> TrustPolicy:
        usual = POLICIES[self.kind]
        return TrustPolicy(
            revocation=self.revocation or usual.revocation,
            crl_age=timedelta(days=self.crl_age_days) if self.crl_age_days else usual.crl_age,
            list_age=timedelta(days=self.list_age_days) if self.list_age_days else usual.list_age,
        )


class _Description(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """service.json as written."""

    version: int
    id: str
    titles: dict[str, str]
    summaries: dict[str, str]
    recipient: str
    form: str = "form.xml"
    trust: _Trust = _Trust()
    signature: SignatureFormat = SignatureFormat.PADES
    needs_line: bool = False
    later: tuple[CaseWork, ...] = ()
    life_events: tuple[LifeEvent, ...] = ()
    words: dict[str, _Words] = {}


def read_service(description: bytes, form_xml: bytes) -> Service:
    """Read a service from the bytes of its ``service.json`` and its XForm.

    Raises:
        ServiceRefusedError: they are incomplete, contradict each other, or the form is refused.
    """
    return _service(_describe(description, ""), form_xml)


def load_services(directory: Path) -> tuple[Service, ...]:
    """Load every service folder of ``directory``, sorted by id. Files beside the folders are ignored.

    Raises:
        ServiceRefusedError: a folder is incomplete or contradicts itself.
        OSError: ``directory`` cannot be listed.
    """
    folders = sorted(folder for folder in directory.iterdir() if folder.is_dir())
    return tuple(_load_folder(folder) for folder in folders)


def _load_folder(folder: Path) -> Service:
    description = _describe(_read_file(folder, DESCRIPTION_FILE, MAX_DESCRIPTION_BYTES), folder.name)
    if description.id != folder.name:
        raise ServiceRefusedError(folder.name, "the id differs from the folder's name")
    if not _FILE.fullmatch(description.form):
        raise ServiceRefusedError(folder.name, "form names no XML file of the folder")
    return _service(description, _read_file(folder, description.form, MAX_FORM_BYTES))


def _read_file(folder: Path, name: str, limit: int) -> bytes:
    try:
        with (folder / name).open("rb") as file:
            content = file.read(limit + 1)
    except OSError as exc:
        raise ServiceRefusedError(folder.name, f"{name}: {exc.strerror}") from exc
    if len(content) > limit:
        raise ServiceRefusedError(folder.name, f"{name} is longer than {limit} bytes")
    return content


def _describe(content: bytes, folder: str) -> _Description:
    try:
        description = msgspec.json.decode(content, type=_Description)
    except msgspec.MsgspecError as exc:
        raise ServiceRefusedError(folder, f"{DESCRIPTION_FILE}: {exc}") from exc
    if description.version != 1:
        raise ServiceRefusedError(folder, "another version of the folder's format")
    for name in (description.id, description.recipient):
        if not _NAME.fullmatch(name) or len(name) > _MAX_NAME:
            raise ServiceRefusedError(folder, "id or recipient is no name of small letters, digits and hyphens")
    return description


def _service(description: _Description, form_xml: bytes) -> Service:
    try:
        form = load_form(form_xml)
    except FormRefusedError as exc:
        raise ServiceRefusedError(description.id, str(exc)) from exc
    gaps = kiosk_gaps(form)
    if gaps:
        raise ServiceRefusedError(description.id, "; ".join(f"{gap.what} at {gap.place}" for gap in gaps[:_MAX_GAPS]))
    languages = set(description.titles)
    if languages != set(description.summaries) or not languages.issuperset(form.languages) or not languages:
        raise ServiceRefusedError(description.id, "titles and summaries miss a language")
    if not all([*description.titles.values(), *description.summaries.values()]):
        raise ServiceRefusedError(description.id, "an empty title or summary")
    _check_findable(description)
    return Service(
        id=description.id,
        titles=MappingProxyType(description.titles),
        summaries=MappingProxyType(description.summaries),
        recipient=description.recipient,
        form=form,
        form_xml=form_xml,
        trust=description.trust.policy(),
        signature=description.signature,
        later=description.later,
        needs_line=description.needs_line,
        life_events=description.life_events,
        words=MappingProxyType(description.words),
    )


def _check_findable(description: _Description) -> None:
    if len(set(description.life_events)) != len(description.life_events):
        raise ServiceRefusedError(description.id, "a life event twice")
    if not set(description.words) <= set(description.titles):
        raise ServiceRefusedError(description.id, "words in a language that has no title")
    if not all(word.strip() for words in description.words.values() for word in words):
        raise ServiceRefusedError(description.id, "an empty word")
