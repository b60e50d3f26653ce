"""Which file of which upstream a page shows, from the words of the design alone."""

from typing import NamedTuple

# The files that an upstream may have: name, and the version in it as PEP 440 compares versions.
# "1.0" and "1.0.0" are one version; "1.0+cpu" is another, "local part included".
FILES = (
    ("pkg-1.0.tar.gz", "1"),
    ("pkg-1.0.0-py3-none-any.whl", "1"),
    ("pkg-1.0+cpu-py3-none-any.whl", "1+cpu"),
    ("pkg-2.0.tar.gz", "2"),
)

# What rules hide: nothing, versions (`"versions": "!=1.0"`; a bare `!=` strips the local part), or files.
HIDDEN_BY = {
    "nothing": lambda name, version: False,
    "versions": lambda name, version: version in ("1", "1+cpu"),
    "files": lambda name, version: name.endswith(".whl"),
}


class Page(NamedTuple):
    """For each of `FILES`: the place of the upstream that it is served from, or None."""

    served: tuple[int | None, ...]
    hidden: tuple[bool, ...]
    conflicts: tuple[bool, ...]


def choose(strategy: str, hide: str, pages: tuple[tuple[str, ...], ...]) -> Page:
    """The page of upstreams that all have the project. `pages`: by priority, for each of `FILES` its hash or "-"."""
    # "`first-index`: the highest-priority upstream that has the project answers alone."
    taking_part = pages[:1] if strategy == "first-index" else pages
    winners: list[int | None] = []
    conflicts: list[bool] = []
    for at, (_, version) in enumerate(FILES):
        holders = [place for place, page in enumerate(taking_part) if page[at] != "-"]
        winner = holders[0] if holders else None
        if strategy == "by-version" and winner is not None:
            # "Each version belongs whole to the highest-priority upstream that has it."
            if winner != first_with_version(taking_part, version):
                winner = None
        winners.append(winner)
        # "The same name with another hash in two upstreams is a conflict: the higher priority is served alone, and the
        # conflict is reported." Settled: that speaks of a file that is taken. Where `by-version` takes the version of
        # another upstream, so that none of them is taken, nothing conflicts.
        conflicts.append(winner is not None and len({taking_part[place][at] for place in holders}) > 1)
    # "Ownership of projects and versions is decided on unfiltered pages; rules hide afterwards."
    hidden = [winners[at] is not None and HIDDEN_BY[hide](*file) for at, file in enumerate(FILES)]
    served = [None if hidden[at] else winner for at, winner in enumerate(winners)]
    return Page(tuple(served), tuple(hidden), tuple(conflicts))


def first_with_version(pages: tuple[tuple[str, ...], ...], version: str) -> int:
    """The place of the highest upstream that has any file of a version."""
    return next(
        place
        for place, page in enumerate(pages)
        if any(page[at] != "-" and other == version for at, (_, other) in enumerate(FILES))
    )
