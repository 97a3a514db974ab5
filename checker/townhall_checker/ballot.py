# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ballot made again, byte for byte, as sections 3 to 6 of the format write it down.

The formulas stand here as they stand there, without short cuts; the page ``check.html`` takes one.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

from townhall_checker.code import CheckCode
from townhall_checker.election import Election, Homomorphic
from townhall_checker.errors import ChoicesError

_PRK_KEY = b"townhall.ballot-seed.v1"


@dataclass(frozen=True, slots=True)
class _Ciphertext:
    alpha: int
    beta: int
    exponent: int


@dataclass(frozen=True, slots=True)
class _Branch:
    """One claim of a proof: ``ciphertext`` encrypts ``value``."""

    ciphertext: _Ciphertext
    value: int


def ballot_digest(election: Election, code: CheckCode) -> bytes:
    """Return what h spells, for the ballot that follows from seed, voting key and choices."""
    return hashlib.sha256(unsigned_ballot(election, code).encode()).digest()


def unsigned_ballot(election: Election, code: CheckCode) -> str:
    """Return the ballot without its signature.

    Raises:
        ChoicesError: the numbers of a ranked question have no element of the group.
    """
    booth = _Booth(election, code)
    answers = [
        booth.homomorphic(f"q{index}", question, chosen)
        if isinstance(question, Homomorphic)
        else booth.ranked(f"q{index}", chosen)
        for index, (question, chosen) in enumerate(zip(election.questions, code.choices, strict=True))
    ]
    members = {
        "election_uuid": election.uuid,
        "election_hash": election.fingerprint,
        "credential": str(code.voting_key),
        "answers": answers,
    }
    return json.dumps(members, separators=(",", ":"))


def exponents(election: Election, code: CheckCode) -> Callable[[str], int]:
    """Return ``draw`` of section 3."""
    prk = hmac.digest(_PRK_KEY, code.seed, "sha256")
    context = f"{election.fingerprint}|{code.voting_key}|"

    def draw(path: str) -> int:
        info, block, output, count = (context + path).encode(), b"", b"", 0
        while len(output) < election.group.draw_bytes:
            count += 1
            block = hmac.digest(prk, block + info + bytes([count]), "sha256")
            output += block
        return int.from_bytes(output[: election.group.draw_bytes], "big") % election.group.q

    return draw


class _Booth:
    def __init__(self, election: Election, code: CheckCode) -> None:
        self._p, self._q, self._g = election.group.p, election.group.q, election.group.g
        self._group, self._y = election.group, election.public_key
        self._draw = exponents(election, code)
        self._s0 = f"{election.fingerprint}|{code.voting_key}"

    def homomorphic(self, path: str, question: Homomorphic, bits: bytes) -> dict[str, object]:
        ciphertexts = [self._encrypted(f"{path}.c{j}.r", bit) for j, bit in enumerate(bits)]
        s = f"{self._s0}|" + ",".join(f"{each.alpha},{each.beta}" for each in ciphertexts)
        answer: dict[str, object] = {
            "choices": [{"alpha": str(each.alpha), "beta": str(each.beta)} for each in ciphertexts],
            "individual_proofs": [
                self._interval(f"{path}.c{j}.individual", self._s0, (ciphertext, range(2)), bit)
                for j, (ciphertext, bit) in enumerate(zip(ciphertexts, bits, strict=True))
            ],
        }
        values = range(question.minimum, question.maximum + 1)
        if not question.may_be_blank:
            total = self._product(ciphertexts)
            answer["overall_proof"] = self._interval(
                f"{path}.overall", s, (total, values), sum(bits) - question.minimum
            )
            return answer
        blank, total = ciphertexts[0], self._product(ciphertexts[1:])
        is_blank = bool(bits[0])
        either = [_Branch(blank, 1), *(_Branch(total, value) for value in values)]
        true = 0 if is_blank else sum(bits) - question.minimum + 1
        answer["overall_proof"] = self._proof(f"{path}.overall", f"bproof1|{s}|", either, true)
        neither = [_Branch(blank, 0), _Branch(total, 0)]
        answer["blank_proof"] = self._proof(f"{path}.blank", f"bproof0|{s}|", neither, int(is_blank))
        return answer

    def ranked(self, path: str, numbers: bytes) -> dict[str, object]:
        start = int.from_bytes(numbers, "big") * 256
        encoded = next(filter(self._group.contains, range(start, start + 256)), None)
        if encoded is None:
            raise ChoicesError
        r, w = self._draw(f"{path}.r"), self._draw(f"{path}.w")
        alpha, beta = self._power(self._g, r), self._power(self._y, r) * encoded % self._p
        c = self._hash(f"raweg|{self._s0}|{self._y},{alpha},{beta}|", [self._power(self._g, w)])
        return {
            "choices": {"alpha": str(alpha), "beta": str(beta)},
            "proof": {"challenge": str(c), "response": str((w - r * c) % self._q)},
        }

    def _encrypted(self, path: str, bit: int) -> _Ciphertext:
        r = self._draw(path)
        return _Ciphertext(self._power(self._g, r), self._power(self._y, r) * self._power(self._g, bit) % self._p, r)

    def _product(self, factors: Sequence[_Ciphertext]) -> _Ciphertext:
        return _Ciphertext(
            prod(each.alpha for each in factors) % self._p,
            prod(each.beta for each in factors) % self._p,
            sum(each.exponent for each in factors) % self._q,
        )

    def _interval(self, path: str, text: str, claim: tuple[_Ciphertext, range], true: int) -> list[dict[str, str]]:
        ciphertext, values = claim
        prefix = f"prove|{text}|{ciphertext.alpha},{ciphertext.beta}|"
        return self._proof(path, prefix, [_Branch(ciphertext, value) for value in values], true)

    def _proof(self, path: str, prefix: str, branches: Sequence[_Branch], true: int) -> list[dict[str, str]]:
        w = self._draw(f"{path}.w")
        commitments, challenges, responses = [], [0] * len(branches), [0] * len(branches)
        for k, branch in enumerate(branches):
            if k == true:
                commitments += [self._power(self._g, w), self._power(self._y, w)]
                continue
            c = challenges[k] = self._draw(f"{path}.{k}.challenge")
            z = responses[k] = self._draw(f"{path}.{k}.response")
            masked = branch.ciphertext.beta * self._power(self._g, -branch.value) % self._p
            commitments += [
                self._power(self._g, z) * self._power(branch.ciphertext.alpha, c) % self._p,
                self._power(self._y, z) * self._power(masked, c) % self._p,
            ]
        challenges[true] = (self._hash(prefix, commitments) - sum(challenges)) % self._q
        responses[true] = (w - branches[true].ciphertext.exponent * challenges[true]) % self._q
        return [
            {"challenge": str(challenge), "response": str(response)}
            for challenge, response in zip(challenges, responses, strict=True)
        ]

    def _hash(self, prefix: str, elements: Sequence[int]) -> int:
        digest = hashlib.sha256((prefix + ",".join(map(str, elements))).encode()).digest()
        return int.from_bytes(digest, "big") % self._q

    def _power(self, base: int, exponent: int) -> int:
        return pow(base, exponent % self._q, self._p)
