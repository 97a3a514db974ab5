# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Secondary instances from files: XML, CSV and GeoJSON, as the trees that expressions read (ODK XForms, instance)."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from townhall_forms.errors import FormRefusedError, RefusalCause
from townhall_forms.instance_xml import read_document
from townhall_forms.markup import MarkupLimitError, MarkupRefusedError, parse_xml
from townhall_forms.nodes import Node

MAX_RESOURCE_BYTES = 8 * 1024 * 1024
MAX_VALUES = 200_000  # of one file
LAST_SAVED = "jr://instance/last-saved"

_NAME = re.compile(r"[^\W\d][\w.\-]*")
_SCHEMES = ("jr://file-csv/", "jr://file/")
_DELIMITERS = (",", ";", "\t")

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"


def resource_name(source: str) -> str:
    """Return the file's name in a `jr://` address.

    Raises:
        FormRefusedError: an address that no kiosk can follow.
    """
    for scheme in _SCHEMES:
        if source.startswith(scheme):
            return source.removeprefix(scheme)
    raise FormRefusedError(RefusalCause.UNSUPPORTED, f"an instance from {source!r}")


def read_resource(source: str, resources: Mapping[str, bytes]) -> Node:
    """Return the document of a secondary instance; ``resources`` are the files beside the form, by name.

    Raises:
        FormRefusedError: the file is missing, broken or too large.
    """
    name = resource_name(source)
    content = resources.get(name)
    if content is None:
        raise FormRefusedError(RefusalCause.MISSING_RESOURCE, f"the file {name!r} is not beside the form", name)
    if len(content) > MAX_RESOURCE_BYTES:
        raise FormRefusedError(RefusalCause.LIMIT, f"{len(content)} bytes", name)
    if source.startswith("jr://file-csv/") or name.endswith(".csv"):
        return _tree(_rows(_text(content, name), name))
    if name.endswith(".geojson"):
        return _tree(_features(content, name))
    try:
        return read_document(parse_xml(content, max_bytes=MAX_RESOURCE_BYTES))
    except MarkupLimitError as exc:
        raise FormRefusedError(RefusalCause.LIMIT, str(exc), name) from exc
    except MarkupRefusedError as exc:
        raise FormRefusedError(RefusalCause.NOT_XML, str(exc), name) from exc


def _text(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _broken(name, "not UTF-8") from None


def _broken(name: str, why: str) -> FormRefusedError:
    return FormRefusedError(RefusalCause.MISSING_RESOURCE, why, name)


def _tree(items: Iterable[Iterable[tuple[str, str]]]) -> Node:
    document, root = Node(""), Node("root")
    document.append(root)
    for values in items:
        item = Node("item")
        root.append(item)
        for name, value in values:
            item.append(Node(name, text=value))
    return document


def _rows(text: str, name: str) -> list[list[tuple[str, str]]]:
    """Read CSV (RFC 4180) with a line of names; the delimiter is the first of the usual ones in that line."""
    heading = text.split("\n", 1)[0]
    delimiter = next((each for each in _DELIMITERS if each in heading), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    items: list[list[tuple[str, str]]] = []
    try:
        columns = [column.strip() for column in next(reader, [])]
        _check_names(columns, name)
        for row in reader:
            if any(row):
                padded = [*row, *[""] * (len(columns) - len(row))]
                items.append(list(zip(columns, padded, strict=False)))
            if len(items) * len(columns) > MAX_VALUES:
                raise FormRefusedError(RefusalCause.LIMIT, "too many values", f"{name} row {reader.line_num}")
    except csv.Error as exc:
        raise _broken(f"{name} row {reader.line_num}", f"no CSV: {exc}") from exc
    return items


def _check_names(columns: list[str], name: str) -> None:
    wrong = [column for column in columns if not _NAME.fullmatch(column)]
    if wrong or not columns:
        raise _broken(f"{name} row 1", f"a column that is no name: {', '.join(map(repr, wrong[:3]))}")
    if len(set(columns)) < len(columns):
        raise _broken(f"{name} row 1", "two columns of one name")


def _features(content: bytes, name: str) -> list[list[tuple[str, str]]]:
    try:
        collection: Json = json.loads(content)
    except (ValueError, RecursionError) as exc:
        raise _broken(name, "no JSON") from exc
    features = collection.get("features") if isinstance(collection, dict) else None
    is_collection = isinstance(collection, dict) and collection.get("type") == "FeatureCollection"
    if not is_collection or not isinstance(features, list):
        raise _broken(name, "no FeatureCollection")
    items = [_feature(feature, f"{name} feature {number}") for number, feature in enumerate(features, 1)]
    if sum(map(len, items)) > MAX_VALUES:
        raise FormRefusedError(RefusalCause.LIMIT, "too many values", name)
    return items


def _feature(feature: Json, place: str) -> list[tuple[str, str]]:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise _broken(place, "no Feature")
    properties = feature.get("properties") or {}
    if not isinstance(properties, dict):
        raise _broken(place, "properties that are no object")
    values: dict[str, str] = {}
    if feature.get("id") is not None:
        values["id"] = _plain(feature["id"], place)
    values["geometry"] = _geometry(feature.get("geometry"), place)
    for key, value in properties.items():
        if not _NAME.fullmatch(key):
            raise _broken(place, f"a property that is no name: {key!r}")
        if value is not None and not (key == "id" and "id" in values):
            values[key] = _plain(value, place)
    return list(values.items())


def _plain(value: Json, place: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise _broken(place, "a value that is neither text nor number")


def _geometry(geometry: Json, place: str) -> str:
    """Write a geometry as ODK does: latitude before longitude, points parted by semicolons."""
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    match kind, coordinates:
        case "Point", list():
            return _point(coordinates, place)
        case "LineString", list():
            return "; ".join(_point(each, place) for each in coordinates)
        case "Polygon", [list() as ring, *_holes]:
            return "; ".join(_point(each, place) for each in ring)
        case _:
            raise _broken(place, "a geometry other than Point, LineString and Polygon")


def _point(position: Json, place: str) -> str:
    match position:
        case [int() | float() as longitude, int() | float() as latitude, *_altitude]:
            return f"{latitude} {longitude} 0 0"
        case _:
            raise _broken(place, "a position that is no pair of numbers")
