"""What a merged index answers for one name, from the words of the design alone.

It was written before the product's code was read: a rule is here because the text says so, and the text is quoted. Where
the text allows two readings, the comment says which was chosen. Those marked "settled" were read otherwise at first, and
follow the product since the two were compared: there the agreement shows that the product keeps to a reading that the text
allows, and not that the text demands it.
"""

from typing import NamedTuple

MS_PER_SECOND = 1000
MS_PER_HOUR = 3600 * MS_PER_SECOND
MS_PER_DAY = 24 * MS_PER_HOUR

LETTERS = ("a", "b", "c")


# -- One upstream: what it counts as, after its cache ------------------------------------------------------------------


class Kept(NamedTuple):
    """An answer in the cache. `holds` is "files", "empty", "quarantined" or "absence"."""

    holds: str
    age_ms: int
    # For how long the upstream said that the page is fresh, already within 60 to 600 s.
    fresh_for_ms: int = 60 * MS_PER_SECOND


class List(NamedTuple):
    """The project list of a private upstream, as far as it matters for one name."""

    names_it: bool
    age_ms: int
    # It has `pip` and `setuptools`, or more than 50,000 names.
    copy_of_pypi: bool = False


class State(NamedTuple):
    """All that one upstream brings into a case. `raw` is what it says when it is asked now."""

    raw: str
    kept: Kept | None
    list: List | None


class Result(NamedTuple):
    """What an upstream counts as. `kind` is "files", "empty", "quarantined", "absent", "failed" or "denied"."""

    kind: str
    stale: bool = False
    denied: bool = False  # it was asked, and it denied us
    unasked: str = "no"  # "no": asked first; "yes": not asked; "behind": answered first, asked behind


class Failing(NamedTuple):
    """How old a page may be that stands in for its upstream."""

    # "While the upstream fails for 24 h"; a private page: "7 days".
    public_ms: float = 24 * MS_PER_HOUR
    private_ms: float = 7 * MS_PER_DAY


# "`--offline`: no limit." It stands in the sentence on public pages. Settled: nobody can be asked, so it is for all.
OFFLINE = Failing(float("inf"), float("inf"))


def counts_as(role: str, state: State, anew: bool = False, failing: Failing = Failing()) -> Result:
    """The result of one upstream, "after cache" (reliability 4.2)."""
    kept, private = state.kept, role == "private"
    if kept is not None:
        unasked = used_unasked(private, kept, anew)
        if unasked != "no":
            return Result("absent" if kept.holds == "absence" else kept.holds, unasked=unasked)
    if state.raw in ("files", "empty", "quarantined", "absent"):
        # "Nothing kept is served after a definite 404, 410 or quarantine."
        return Result(state.raw)
    denied = state.raw == "denied"
    if kept is not None and kept.holds != "absence":
        window_ms = failing.private_ms if private else failing.public_ms
        if denied:
            # "An upstream that denies us … while we keep its page: the page for 1 h, marked, with an alarm; then 502."
            # Two readings: an hour of the page's age, or an hour since the first denial. The first needs no memory and
            # is never longer, so it is the one.
            window_ms = min(window_ms, MS_PER_HOUR)
        # "Stored page with age <= window" (4.2).
        if kept.age_ms <= window_ms:
            # Two readings where a young list of a private upstream lacks the name: the kept page, or the absence.
            # The table of 4.2 has "stale present" before "absent", and old private data cannot confuse anybody.
            return Result(kept.holds, stale=True, denied=denied)
    # "A kept *absence* of a private upstream may not [be served while its upstream fails]." One of another upstream may,
    # for "60 s at most"; that it must is said nowhere, and while it is that young it is used unasked anyway, but for a
    # client that insists on a new answer. Settled: it stands in for nobody. (4.5 has 10 min; the design is later.)
    if private and state.list is not None and not state.list.copy_of_pypi and not state.list.names_it:
        # "While the upstream fails or denies us, a name that is absent from a list at most one hour old counts as
        # absent there." A list that is "a copy of PyPI and not private" is not that list: no absence from it.
        if state.list.age_ms <= MS_PER_HOUR:
            return Result("absent", denied=denied)
    return Result("denied" if denied else "failed", denied=denied)


def used_unasked(private: bool, kept: Kept, anew: bool) -> str:
    """Whether a kept answer is used without asking: "no", "yes", or "behind" where it is refreshed behind.

    Settled: the last instant of a time of freshness belongs to what comes after it, as in HTTP (RFC 9111: "fresh" is a
    lifetime that "has not yet expired"). Windows of failing are "age <= window", as 4.2 says.
    """
    if private:
        # "Never used unasked for more than 2 s"; "an absence: at a private upstream 2 s".
        if kept.age_ms < 2 * MS_PER_SECOND:
            return "open" if kept.holds == "absence" else "yes"
        return "no"
    if anew and kept.age_ms > 2 * MS_PER_SECOND:
        # "`no-cache` … makes us ask the upstream again, conditionally, if our copy is older than 2 s."
        return "no"
    if kept.holds == "absence":
        # "60 s at most, refreshed behind": from when on it is refreshed the text leaves open.
        return "open" if kept.age_ms < 60 * MS_PER_SECOND else "no"
    if kept.age_ms < kept.fresh_for_ms:
        return "yes"
    # "Then served while it is refreshed for 300 s."
    return "behind" if kept.age_ms < kept.fresh_for_ms + 300 * MS_PER_SECOND else "no"


# -- The rules file: who owns a name, and who may hear it --------------------------------------------------------------


class Rule(NamedTuple):
    """The one rule that matches the name. `upstreams` None: it names none."""

    strategy: str | None
    upstreams: tuple[str, ...] | None
    literal: bool


class Config(NamedTuple):
    """A rules file. `roles` is of each upstream; `index` lists upstreams, `z` among them being one that has nothing."""

    roles: dict[str, str]
    index: tuple[str, ...]
    rule: Rule | None
    pattern: str | None  # whose `owns` matches the name

    @property
    def strategy(self) -> str:
        return (self.rule and self.rule.strategy) or "first-index"

    @property
    def upstreams(self) -> tuple[str, ...]:
        """Who is asked at all, before ownership."""
        return self.index if self.rule is None or self.rule.upstreams is None else self.rule.upstreams

    def role(self, letter: str) -> str:
        return self.roles.get(letter, "public")

    def has_private(self, letters: tuple[str, ...]) -> bool:
        return any(self.role(letter) == "private" for letter in letters)

    @property
    def declared_shared(self) -> bool:
        """Whether "those names are thereby declared shared, and nobody owns them"."""
        return (
            self.strategy != "first-index"
            and self.rule is not None
            and self.rule.literal
            and self.rule.upstreams is not None
            and self.has_private(self.upstreams)
        )

    @property
    def refused(self) -> bool:
        """Whether such a file is "refused at start"."""
        if unordered(self, self.index):
            return True
        # "It never is the only source of a name." Settled: a list that has none but optional upstreams can serve nothing.
        if all(self.role(letter) == "optional" for letter in self.upstreams):
            return True
        rule = self.rule
        # "`optional` under `first-index`": in the index's own list, since names that no rule matches have that
        # strategy, and in a rule's.
        if any(self.role(letter) == "optional" for letter in self.index):
            return True
        if self.strategy == "first-index" and any(self.role(letter) == "optional" for letter in self.upstreams):
            return True
        if rule is None:
            return False
        if rule.upstreams is not None and not rule.literal and unordered(self, rule.upstreams):
            return True
        # "Where a private upstream takes part they need a rule with its own `upstreams` and literal project names.
        # Anything wider is refused."
        if self.strategy != "first-index" and self.has_private(self.upstreams) and not self.declared_shared:
            return True
        # "A rule with literal names that sends an owned name elsewhere or shares it." Settled: a list that has others
        # beside the owner sends it to them as well, and a strategy shares it even without a list.
        if self.pattern is not None and rule.literal:
            return (rule.upstreams is not None and rule.upstreams != (self.pattern,)) or self.strategy != "first-index"
        return False


def unordered(config: Config, letters: tuple[str, ...]) -> bool:
    """The text: "A list in which a private upstream comes after one that is not"."""
    seen = False
    for letter in letters:
        private = config.role(letter) == "private"
        if private and seen:
            return True
        seen = seen or not private
    return False


class Owned(NamedTuple):
    """Who owns a name; `seen` because it once served or listed it, so that its 404 is an alarm."""

    by: str | None
    seen: bool = False


def owner(config: Config, memory: str | None, listing: tuple[str, ...]) -> Owned:
    """Who alone may answer. `memory`: who once served a page with a file; `listing`: whose lists have the name."""
    if config.declared_shared:
        return Owned(None)
    # "Its own from then on", "an upstream that leaves the rules file keeps its names held", but "public upstreams
    # never own": a memory of one that is public now holds nothing. "A private upstream's own project list, …
    # remembered, adds to it". Settled: a claim like the other, whose 404 is as alarming.
    claims = listing
    if memory is not None and (memory == "gone" or config.role(memory) == "private"):
        claims += (memory,)
    # "Asked here and nowhere else, whatever rules say": what the operator wrote is above what was seen, or nobody
    # could mend a wrong memory in the rules. The 404 of a name that is "not published yet" is no alarm, but if the same
    # upstream once served it, it is: "if it later says 404, the answer is 404 and an alarm".
    if config.pattern is not None:
        return Owned(config.pattern, seen=config.pattern in claims)
    # What if several private upstreams claim a name is said nowhere; none of them is PyPI. Settled: the index's own
    # order decides, and one that the index lists is above one that it does not.
    listed = [letter for letter in config.index if letter in claims]
    for letter in (*listed, *claims):
        return Owned(letter, seen=True)
    return Owned(None)


# -- The answer --------------------------------------------------------------------------------------------------------


class Answer(NamedTuple):
    """`status` is "404", "held", "502", "503", "200" or "withheld" (200, no files, quarantined)."""

    status: str
    consulted: tuple[str, ...]
    sources: tuple[str, ...] = ()
    stale: bool = False
    partial: bool = False
    alarm: bool = False
    denied: bool = False


def answer(config: Config, owned: Owned, results: dict[str, Result]) -> Answer:
    """What is answered, and who was consulted for it (whose cache, and if that does not say, who himself)."""
    if owned.by is not None:
        return answer_of_owner(config, owned, results)
    if config.strategy == "first-index":
        return answer_of_first(config, results)
    return answer_of_all(config, results)


HAS = ("files", "empty", "quarantined")


def cannot_say(result: Result) -> str:
    """The text: "503 … for what may heal by itself, 502 for what an operator must mend"."""
    return "502" if result.kind == "denied" else "503"


def answer_of_owner(config: Config, owned: Owned, results: dict[str, Result]) -> Answer:
    """The answer for an owned name: its owner's alone."""
    # "Hold … in every index, whether it lists that upstream or not." Two readings: an index that does not list the
    # owner asks it all the same, or it has nobody to ask. "One that is left out never learns the name", and an index
    # for everybody must not hand out a private upstream's files: nobody is asked. But a rule that leaves the owner out
    # does not unseat it: "whatever rules say".
    by = owned.by
    if by not in config.index and by not in config.upstreams:
        return Answer("held", ())
    result = results[by]
    if result.kind == "absent":
        return Answer("held", (by,), alarm=owned.seen, denied=result.denied)
    return answer_of_one(by, result, (by,), result.denied)


def answer_of_one(letter: str, result: Result, consulted: tuple[str, ...], denied: bool) -> Answer:
    """The answer where one upstream decides alone; it is not absent there."""
    if result.kind not in HAS:
        return Answer(cannot_say(result), consulted, denied=denied)
    if result.kind == "quarantined":
        return Answer("withheld", consulted, stale=result.stale, denied=denied)
    return Answer("200", consulted, (letter,), stale=result.stale, denied=denied)


def answer_of_first(config: Config, results: dict[str, Result]) -> Answer:
    """The text: "The highest-priority upstream that has the project answers alone"; "walk from the top" (4.3)."""
    consulted: tuple[str, ...] = ()
    for wave in waves(config):
        consulted += wave
        denied = any(results[letter].denied for letter in consulted)
        for letter in wave:
            if results[letter].kind != "absent":
                return answer_of_one(letter, results[letter], consulted, denied)
    return Answer("404", consulted, denied=any(results[letter].denied for letter in consulted))


def waves(config: Config) -> list[tuple[str, ...]]:
    """The text: "Asked at once; only behind a `private` upstream do the others wait"."""
    made: list[tuple[str, ...]] = []
    wave: tuple[str, ...] = ()
    for letter in config.upstreams:
        wave += (letter,)
        if config.role(letter) == "private":
            made.append(wave)
            wave = ()
    return made + [wave] if wave else made


def answer_of_all(config: Config, results: dict[str, Result]) -> Answer:
    """`by-version` and `by-file`: "Every authoritative must be P, S or N" (4.3)."""
    # A name that is declared shared is no secret of the private upstream: all are asked at once.
    consulted = config.upstreams
    denied = any(results[letter].denied for letter in consulted)
    needed = [letter for letter in consulted if config.role(letter) != "optional"]
    # "Must end in an error." Settled, if one failed and another denied us: what may heal decides (4.3: 502 for "only D").
    errors = {cannot_say(results[letter]) for letter in needed if results[letter].kind in ("failed", "denied")}
    if errors:
        return Answer(max(errors), consulted, denied=denied)
    # "It never is the only source of a name." "An optional upstream is missing and all others say no: 404."
    if all(results[letter].kind == "absent" for letter in needed):
        return Answer("404", consulted, denied=denied)
    sources = tuple(letter for letter in consulted if results[letter].kind in HAS)
    partial = any(results[letter].kind not in HAS + ("absent",) for letter in consulted)
    stale = any(results[letter].stale for letter in sources)
    # "Quarantine at any upstream that takes part in a shared page withholds the project."
    if any(results[letter].kind == "quarantined" for letter in sources):
        return Answer("withheld", consulted, stale=stale, partial=partial, denied=denied)
    return Answer("200", consulted, sources, stale=stale, partial=partial, denied=denied)
