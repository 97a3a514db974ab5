# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``places/places.json`` of the catalogue: where each kiosk stands, and which group of kiosks gets which services."""

from typing import Annotated, Final

import msgspec

from townhall_sync.errors import MessageMalformedError

PLACES_PATH: Final = "places/places.json"
MAX_PLACES_BYTES: Final = 4 * 1024 * 1024

_Name = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$(?!\n)")]
_Service = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{0,59}$(?!\n)")]
_Municipality = Annotated[str, msgspec.Meta(pattern="^([a-z][a-z0-9-]{0,59})?$(?!\n)")]
Edition = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$(?!\n)")]


class KioskPlace(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One kiosk: the name of its place as people know it, its group, and the municipality whose facts it shows."""

    place: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    group: _Name
    municipality: _Municipality = ""  # empty: services are shown as all share them


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One group of kiosks: the edition of each service that they offer."""

    services: dict[_Service, Edition]


class Places(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. ``languages`` are those that every service must speak."""

    version: int
    languages: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    groups: dict[_Name, Group]
    kiosks: dict[_Name, KioskPlace]

    def to_bytes(self) -> bytes:
        """Return the file."""
        return msgspec.json.format(msgspec.json.encode(self, order="sorted"), indent=1)


def read_places(content: bytes) -> Places:
    """Read the file.

    Raises:
        MessageMalformedError: it is not as it must be, or a kiosk's group is not there.
    """
    try:
        places = msgspec.json.decode(content, type=Places)
    except msgspec.MsgspecError as exc:
        raise MessageMalformedError(f"{PLACES_PATH}: {exc}") from exc
    strays = sorted(name for name, kiosk in places.kiosks.items() if kiosk.group not in places.groups)
    if places.version != 1 or strays:
        raise MessageMalformedError(f"{PLACES_PATH}: another version, or groups that are not there: {strays}")
    return places


def service_folder(service: str, edition: str) -> str:
    """Return the folder of one edition of a service among the targets."""
    return f"services/{service}/{edition}"
