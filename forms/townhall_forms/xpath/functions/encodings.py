# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Digests and Base64, and what a form can ask of the form itself."""

import base64
import binascii
import hashlib
from collections.abc import Mapping

from townhall_forms.xpath.errors import XPathValueError
from townhall_forms.xpath.functions.signature import Arguments, Function, of_strings
from townhall_forms.xpath.scope import Scope
from townhall_forms.xpath.values import Value

_ALGORITHMS: Mapping[str, str] = {
    "MD5": "md5",
    "SHA-1": "sha1",
    "SHA-256": "sha256",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
}


def _digest(subject: str, algorithm: str, encoding: str = "base64") -> str:
    """`digest()` of XForms 1.1: a form's own reference number, never a protection of ours."""
    name = _ALGORITHMS.get(algorithm)
    if name is None or encoding not in {"base64", "hex"}:
        raise XPathValueError("digest() of an unknown algorithm or encoding")
    digest = hashlib.new(name, subject.encode(), usedforsecurity=False).digest()
    return digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()


def _base64_decode(subject: str) -> str:
    try:
        return base64.b64decode(subject, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


def _version(scope: Scope, _arguments: Arguments) -> Value:
    return scope.environment.version


ENCODINGS: Mapping[str, Function] = {
    "digest": of_strings(_digest, 2, 3),
    "base64-encode": of_strings(lambda subject: base64.b64encode(subject.encode()).decode(), 1, 1),
    "base64-decode": of_strings(_base64_decode, 1, 1),
    "version": Function(_version, 0, 0),
    # Nothing about the device or its user is put into answers, as with `jr:preload="property"`.
    "property": of_strings(lambda _name: "", 1, 1),
}
