"""Writes three bytes for each case of `cases.json`: what the design's words say of it."""

import json
import sys
from itertools import product
from pathlib import Path

from choice import choose
from decision import (
    LETTERS,
    OFFLINE,
    Answer,
    Config,
    Failing,
    Kept,
    List,
    Result,
    Rule,
    State,
    answer,
    counts_as,
    owner,
)

UNITS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
STATUSES = ("404", "held", "502", "503", "200", "withheld")
UNASKED = ("no", "yes", "behind", "open")
REFUSED = b"\xff\xff\xff"


def main() -> None:
    cases = json.loads((Path(__file__).parent / "cases.json").read_text("utf-8"))
    write = sys.stdout.buffer.write
    for section in cases["decisions"]:
        write_decisions(section, cases["states"], write)
    write_moments(cases["moments"], write)
    write_pages(cases["pages"], write)
    sys.stdout.buffer.flush()


# -- Reading the cases -------------------------------------------------------------------------------------------------


def milliseconds(text: str) -> int:
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    return int(number) * UNITS[text[len(number) :]]


def kept_of(text: str, fresh_for_ms: int = 60_000) -> Kept | None:
    if text == "none":
        return None
    holds, age = text.split(" ")
    return Kept(holds, milliseconds(age), fresh_for_ms)


def list_of(text: str) -> List | None:
    if text == "none":
        return None
    *copy, with_it, age = text.split(" ")
    return List(with_it == "with", milliseconds(age), copy_of_pypi=bool(copy))


def states_of(kind: dict) -> list[State]:
    return [
        State(raw, kept_of(kept), list_of(a_list))
        for raw, kept, a_list in product(kind["raws"], kind["kepts"], kind["lists"])
    ]


def rule_of(rule: dict | None) -> Rule | None:
    if rule is None:
        return None
    upstreams = rule["upstreams"]
    return Rule(rule["strategy"], None if upstreams is None else tuple(upstreams.split(" ")), rule["literal"])


# -- Writing what is said of them --------------------------------------------------------------------------------------


def record(said: Answer) -> bytes:
    flags = said.stale << 3 | said.partial << 4 | said.alarm << 5 | said.denied << 6
    consulted = sum(1 << "abcz".index(letter) for letter in said.consulted)
    sources = 0
    for letter in said.sources:
        sources = sources * 4 + LETTERS.index(letter) + 1
    return bytes((STATUSES.index(said.status) | flags, consulted, sources))


def write_decisions(section: dict, kinds: dict, write) -> None:
    states = {letter: states_of(kinds[section["states"][letter]]) for letter in LETTERS}
    choices = (section[of] for of in ("roles", "indexes", "rules", "patterns"))
    for roles, index, rule, pattern in product(*choices):
        config = Config(dict(zip(LETTERS, roles.split(" "))), tuple(index.split(" ")), rule_of(rule), pattern)
        # Public upstreams own nothing, and what a pattern of theirs would mean is said nowhere: no case.
        if pattern is not None and config.role(pattern) != "private":
            continue
        if config.refused:
            write(REFUSED)
            continue
        # What a state comes down to: the result, and whether the list of a private upstream has the name.
        seen = {
            letter: [
                (
                    counts_as(config.role(letter), state),
                    config.role(letter) == "private"
                    and state.list is not None
                    and state.list.names_it
                    # "Loud alarm, no ownership from its list."
                    and not state.list.copy_of_pypi,
                )
                for state in states[letter]
            ]
            for letter in LETTERS
        }
        for memory in section["memories"]:
            write_results(config, memory, seen, write)


def write_results(config: Config, memory: str | None, seen: dict, write) -> None:
    rows: dict[tuple, bytes] = {}
    for a in seen["a"]:
        for b in seen["b"]:
            row = rows.get((a, b))
            if row is None:
                said = {c: record(answer_to(config, memory, (a, b, c))) for c in set(seen["c"])}
                row = rows[(a, b)] = b"".join([said[c] for c in seen["c"]])
            write(row)


def answer_to(config: Config, memory: str | None, seen: tuple) -> Answer:
    results = {letter: result for letter, (result, _) in zip(LETTERS, seen)}
    listing = tuple(letter for letter, (_, listed) in zip(LETTERS, seen) if listed)
    return answer(config, owner(config, memory, listing), {**results, "z": Result("absent")})


def write_moments(section: dict, write) -> None:
    dimensions = ("roles", "anew", "windows", "raws", "kinds", "fresh", "ages", "lists")
    for role, anew, window, raw, kind, fresh, age, a_list in product(*(section[of] for of in dimensions)):
        # Offline nobody is asked, so it does not matter what the upstream would say.
        said = "failed" if window == "offline" else raw
        state = State(said, Kept(kind, milliseconds(age), milliseconds(fresh)), list_of(a_list))
        failing = OFFLINE if window == "offline" else Failing(public_ms=milliseconds(window))
        result = counts_as(role, state, anew, failing)
        config = Config({"a": role}, ("a",), None, None)
        listed = ("a",) if role == "private" and a_list.startswith("with ") else ()
        bits = record(answer(config, owner(config, None, listed), {"a": result}))
        write(bits[:2] + bytes((UNASKED.index(result.unasked),)))


def write_pages(section: dict, write) -> None:
    pages = list(product(*section["hashes"]))
    for strategy, hide in product(section["strategies"], section["hide"]):
        for three in product(pages, repeat=3):
            page = choose(strategy, hide, three)
            served = 0
            for place in page.served:
                served = served * 4 + (0 if place is None else place + 1)
            marks = sum(mark << at for at, mark in enumerate(page.hidden + page.conflicts))
            write(bytes((served, marks, 0)))


main()
