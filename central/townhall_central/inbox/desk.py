# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Gathers what an inbox judges by: its own copy of the services, and the trust anchors of its folder."""

from pathlib import Path

from townhall_central.errors import DirectoryError
from townhall_central.inbox.examine import Desk
from townhall_central.inbox.home import InboxHome
from townhall_central.inbox.trust_folder import load_anchors, load_registrars
from townhall_forms.errors import ServiceRefusedError
from townhall_forms.service import load_services


def open_desk(home: InboxHome) -> Desk:
    """Return the desk of an inbox; raises DirectoryError where services, translations or anchors cannot be loaded."""
    try:
        services = load_services(Path(home.settings.services))
        words = _published_words(Path(home.settings.texts)) if home.settings.texts else {}
    except (ServiceRefusedError, OSError) as exc:
        raise DirectoryError("the services or translations cannot be loaded") from exc
    anchors = load_anchors(Path(home.settings.anchors))
    registrars = load_registrars(Path(home.settings.registrars)) if home.settings.registrars else {}
    by_id = {service.id: service for service in services}
    return Desk(home.recipient_key, by_id, anchors, home.device_ca, words, registrars)


def _published_words(folder: Path) -> dict[str, bytes]:
    return {file.parent.name: file.read_bytes() for file in sorted(folder.glob("*/townhall.po"))}
