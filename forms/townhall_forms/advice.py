# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What an author should know of a form that runs: what is missing, and what need not be asked."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from townhall_forms.applicable import kiosk_gaps
from townhall_forms.form import Form
from townhall_forms.registers.statement import source_of

# Names that authors give to what an ID card or a register states, with the key that prefills it.
_STATED: Mapping[str, str] = {
    "surname": "eid:surname",
    "last_name": "eid:surname",
    "family_name": "eid:surname",
    "given_names": "eid:given_names",
    "given_name": "eid:given_names",
    "first_name": "eid:given_names",
    "personal_code": "eid:personal_code",
    "national_id": "eid:personal_code",
    "birth_date": "eid:birth_date",
    "date_of_birth": "eid:birth_date",
    "citizenship": "eid:citizenship",
    "nationality": "eid:citizenship",
    "sex": "eid:sex",
    "document_number": "eid:document_number",
    "address": "register:population/address",
    "home_address": "register:population/address",
    "current_address": "register:population/address",
    "place_of_birth": "register:population/birth_place",
    "birth_place": "register:population/birth_place",
    "marital_status": "register:population/marital_status",
}
_ADDRESS = re.compile(r"jr://(?:images|audio|video|file)/(.+)")


@dataclass(frozen=True, slots=True)
class Statistics:
    """How large a form is."""

    questions: int
    repeats: int
    rules: int  # expressions of binds
    instances: int  # secondary ones
    languages: int

    def __str__(self) -> str:
        """Write them as a line."""
        return (
            f"{self.questions} questions, {self.repeats} repeats, {self.rules} rules,"
            f" {self.instances} instances, {self.languages} languages"
        )


def statistics(form: Form) -> Statistics:
    """Count."""
    rules = (
        rule
        for bind in form.binds.values()
        for rule in (bind.relevant, bind.calculate, bind.required, bind.readonly, bind.constraint)
    )
    return Statistics(
        questions=len(form.controls),
        repeats=len(form.repeats),
        rules=sum(rule is not None for rule in rules),
        instances=len(form.instances),
        languages=len(form.languages),
    )


def advice(form: Form, resources: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return everything worth telling the author, what keeps the form from a kiosk first."""
    gaps = (f"not at a kiosk: {gap.what} at {gap.place}" for gap in kiosk_gaps(form))
    return (*gaps, *form.warnings, *_untranslated(form), *_missing_files(form, resources), *_known_already(form))


def _untranslated(form: Form) -> Iterator[str]:
    texts = form.translations.by_language
    known = dict.fromkeys(text_id for each in texts.values() for text_id in each)
    for language in form.languages:
        for text_id in known:
            parts = texts[language].get(text_id, ())
            if parts in {(), ("",), ("-",)}:  # the converter writes a hyphen where a spreadsheet has no text
                yield f"{text_id} has no text in {language}"


def _missing_files(form: Form, resources: Mapping[str, bytes]) -> Iterator[str]:
    addresses = {
        address
        for texts in form.translations.media.values()
        for media in texts.values()
        for kind, address in media
        if kind != "guidance"
    }
    for address in sorted(addresses):
        match = _ADDRESS.fullmatch(address)
        if match is None or match[1] not in resources:
            yield f"the file of {address} is not beside the form"


def _known_already(form: Form) -> Iterator[str]:
    others = tuple(f"{path}/" for path in form.repeats)  # who is named in a repeat is somebody else
    for control in form.controls:
        bind = form.binds.get(control.path)
        key = _STATED.get(control.path.rpartition("/")[2].lower())
        is_asked = (bind is None or not bind.prefill) and control.path not in form.fixed
        if key is not None and is_asked and not control.path.startswith(others):
            knows = "an ID card" if source_of(key) is None else "a register"
            yield f'{control.path} asks what {knows} states: th:prefill="{key}"'
