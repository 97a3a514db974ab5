# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A form that is not finished, as bytes from which the same session goes on. Holds answers: it is sealed, never stored.

Canonical JSON with exactly the fields of ``_KEYS``; whoever keeps it sees to its secrecy and its integrity.
"""

from datetime import datetime
from typing import Final

from townhall_crypto import canonical
from townhall_crypto.errors import CryptoError
from townhall_forms.errors import DraftRefusedError, EvaluationError
from townhall_forms.form import Form
from townhall_forms.given import are_rising
from townhall_forms.nodes import Node
from townhall_forms.record import SEED_BYTES
from townhall_forms.session import FormSession
from townhall_forms.state import FormState
from townhall_forms.tree import MAX_NODES

FORMAT: Final = "townhall-form-draft"
VERSION: Final = 2
_KEYS = frozenset(
    {"births", "born", "form_sha256", "format", "language", "opened", "seed", "sources", "stated", "texts", "version"}
)
_MAX_BIRTH = 1_000_000


def save(session: FormSession) -> bytes:
    """Return everything that the session knows; the same session gives the same bytes."""
    state = session.state
    refs = state.tree.refs
    draft: dict[str, canonical.CanonicalValue] = {
        "births": [[ref, node.birth] for ref, node in state.nodes.items() if node.birth],
        "born": sorted(
            [f"{refs[parent]}{path}", highest] for (parent, path), highest in state.tree.born.items() if parent in refs
        ),
        "form_sha256": session.form.sha256,
        "format": FORMAT,
        "language": session.language,
        "opened": state.record.opened.isoformat(),
        "seed": state.record.seed.hex(),
        "sources": sorted([refs[node], key] for node, key in state.sources.items()),
        "stated": sorted([refs[node], key, value] for node, (key, value) in state.stated.items()),
        "texts": [[ref, node.text] for ref, node in state.nodes.items() if node.text],
        "version": VERSION,
    }
    return canonical.encode(draft)


def resume(form: Form, untrusted: bytes) -> FormSession:
    """Return the session that was saved: its clock and its chance are those of then, so everything computes the same.

    Raises:
        DraftRefusedError: it is no draft, or one of another form.
    """
    draft = _read(untrusted)
    if draft["form_sha256"] != form.sha256:
        raise DraftRefusedError("a draft of another form")
    language, seed, opened = draft["language"], _bytes(draft["seed"]), _moment(draft["opened"])
    if not isinstance(language, str):
        raise DraftRefusedError("no language")
    try:
        session = FormSession(form, language=language, now=opened, prefill={}, randomness=lambda _count: seed)
        state = session.state
        births = _births(draft["births"])
        if not are_rising(births):
            raise DraftRefusedError("births that do not rise")
        state.restore(births)
        state.tree.born = {_born(ref, state): highest for ref, highest in _births(draft["born"]).items()}
        empty = {ref: "" for ref, node in state.nodes.items() if not node.children}
        state.adopt({**empty, **_pairs(draft["texts"])})
        state.sources = {state.nodes[ref]: key for ref, key in _pairs(draft["sources"]).items()}
        state.stated = {state.nodes[ref]: stated for ref, stated in _stated(draft["stated"]).items()}
    except (EvaluationError, KeyError) as exc:
        raise DraftRefusedError("a draft that the form does not bear") from exc
    return session


def _read(untrusted: bytes) -> dict[str, canonical.DecodedValue]:
    try:
        draft = canonical.decode(untrusted)
    except CryptoError as exc:
        raise DraftRefusedError("not canonical") from exc
    if not isinstance(draft, dict) or draft.keys() != _KEYS:
        raise DraftRefusedError("other fields")
    if (draft["format"], draft["version"]) != (FORMAT, VERSION):
        raise DraftRefusedError("another format or version")
    return draft


def _bytes(value: canonical.DecodedValue) -> bytes:
    try:
        seed = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        seed = b""
    if len(seed) != SEED_BYTES:
        raise DraftRefusedError("no seed")
    return seed


def _moment(value: canonical.DecodedValue) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise DraftRefusedError("no moment")
    return moment


def _births(value: canonical.DecodedValue) -> dict[str, int]:
    births: dict[str, int] = {}
    for pair in _list(value):
        match pair:
            case [str() as ref, int() as birth] if 0 < birth <= _MAX_BIRTH:
                births[ref] = birth
            case _:
                raise DraftRefusedError("something else than births")
    return births


def _born(ref: str, state: FormState) -> tuple[Node, str]:
    """Read the parent's ref with the path of the repeat behind it."""
    for path in state.form.repeats:
        parent = state.nodes.get(ref.removesuffix(path)) if ref.endswith(path) else None
        if parent is not None:
            return parent, path
    raise DraftRefusedError("births of another form")


def _pairs(value: canonical.DecodedValue) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for pair in _list(value):
        match pair:
            case [str() as ref, str() as text]:
                pairs[ref] = text
            case _:
                raise DraftRefusedError("something else than pairs")
    return pairs


def _stated(value: canonical.DecodedValue) -> dict[str, tuple[str, str]]:
    stated: dict[str, tuple[str, str]] = {}
    for each in _list(value):
        match each:
            case [str() as ref, str() as key, str() as text]:
                stated[ref] = key, text
            case _:
                raise DraftRefusedError("something else than what a source stated")
    return stated


def _list(value: canonical.DecodedValue) -> list[canonical.DecodedValue]:
    if not isinstance(value, list) or len(value) > MAX_NODES:
        raise DraftRefusedError("no list, or too long a one")
    return value
