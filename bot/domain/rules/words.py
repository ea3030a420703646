"""Rules in plain words, for the card, for Slack's `policy` and for the command line: plain text, escaped by others."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta

from bot.domain.rules.evaluation import Progress
from bot.domain.rules.facts import ChangeKind
from bot.domain.rules.patterns import is_glob
from bot.domain.rules.people import People
from bot.domain.rules.policy import Policy
from bot.domain.rules.rule import Denial, Rule
from bot.domain.rules.windows import DAYS, Freeze, Window, clock

# How an id of a person, group or channel is shown: as a mention in Slack, by its name on a terminal.
Show = Callable[[str], str]

# Fewer days than this are named one by one.
SHORTEST_RUN = 3
EVERYBODY = "full member of the workspace"
_KINDS = {
    ChangeKind.INBOUND: "inbound calls",
    ChangeKind.SPLIT: "a split between agents",
    ChangeKind.NO_INBOUND: "the removal of the last inbound agent",
    ChangeKind.OUTBOUND: "outbound calls",
    ChangeKind.NO_OUTBOUND: "the removal of the outbound agent",
    ChangeKind.WEBHOOK: "the webhook",
    ChangeKind.TIME_ROUTING: "time routing",
    ChangeKind.SCHEDULED: "what is scheduled",
    ChangeKind.SEVERAL: "several numbers at once",
}
_DAYS = dict(zip(DAYS, ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), strict=True))
_UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))


def policy_sentence(policy: Policy) -> str:
    """Say in one sentence what holds for a change that no rule matches, the rest of `OK: `."""
    others = "one other" if policy.quorum == 1 else f"{policy.quorum} other"
    people = f"{others} {_plural(EVERYBODY, policy.quorum)} {'approves' if policy.quorum == 1 else 'approve'} it"
    which = "a change that no rule matches" if policy.rules else "a change"
    expiry = f"; undecided, it expires after {duration(policy.expires_after)}" if policy.expires_after else ""
    denial = "one denial ends it" if policy.denial is Denial.ENDS else "a denial holds it up until it is taken back"
    return f"{which} is applied when {people}, the requester never counting; {denial}{expiry}."


def rule_sentences(rule: Rule, show: Show = str) -> tuple[str, ...]:
    """Say what a rule means and for whom, without its name."""
    return tuple(_sentences(rule, show))


def _sentences(rule: Rule, show: Show) -> Iterator[str]:
    yield f"It holds for {_for_what(rule)}."
    if rule.requesters is not None:
        yield f"Only {who(rule.requesters, show)} may ask."
    yield f"{approvals(rule, show)}."
    yield (
        "One denial ends the change." if rule.denial is Denial.ENDS else "A denial holds it up until it is taken back."
    )
    if rule.expires_after is not None:
        yield f"An undecided change expires after {duration(rule.expires_after)}."
    if rule.channel is not None:
        yield f"Approvals are asked in {show(rule.channel)}."
    if rule.webhook_hosts is not None:
        yield (
            f"A webhook may go to {_any_of(rule.webhook_hosts)} only."
            if rule.webhook_hosts
            else "No webhook may be set."
        )
    if rule.windows:
        yield f"Changes are sent {'; or '.join(window_words(window) for window in rule.windows)}."
    for freeze in rule.freezes:
        yield f"{freeze_words(freeze)}."
    if rule.override is not None and rule.override.ids:
        yield f"In an emergency {who(rule.override, show)} may override it."


def approvals(rule: Rule, show: Show = str) -> str:
    """Say how many must approve, and who may."""
    if rule.approvers is None:
        others = "One other" if rule.quorum == 1 else f"{rule.quorum} other"
        return f"{others} {_plural(EVERYBODY, rule.quorum)} must approve"
    number = "One" if rule.quorum == 1 else str(rule.quorum)
    return f"{number} of {who(rule.approvers, show)} must approve, other than the requester"


def progress_words(progress: Progress, show: Show = str, *, most: int | None = None) -> str:
    """Say how far a rule is: `1 of 2, still needed: one of …`, or `2 of 2`; `most` as `who` has it."""
    count = f"{len(progress.approved_by)} of {progress.rule.quorum}"
    if not progress.missing:
        return count
    number = "one" if progress.missing == 1 else str(progress.missing)
    if progress.rule.approvers is None:
        return f"{count}, still needed: {number} other {_plural(EVERYBODY, progress.missing)}"
    return f"{count}, still needed: {number} of {who(progress.rule.approvers, show, most=most)}"


def who(people: People, show: Show = str, *, most: int | None = None) -> str:
    """Name people, user groups and the members of channels; of many people the first, and how many others there are."""
    named = sorted(people.people)[:most]
    left = len(people.people) - len(named)
    others = [f"{left} {_plural('other', left)}"] if left else []
    channels = [f"the members of {show(channel)}" for channel in sorted(people.channels)]
    shown = [show(each) for each in (*named, *sorted(people.groups))]
    return _any_of([*shown, *channels, *others]) or "nobody"


def duration(length: timedelta) -> str:
    """Write a length of time in its largest whole unit."""
    for name, unit in _UNITS:
        if length % unit == timedelta(0):
            count = length // unit
            return f"{count} {_plural(name, count)}"
    return f"{length.total_seconds():g} seconds"


def window_words(window: Window) -> str:
    """Write the days and hours of a window."""
    names = [_DAYS[day] for day in window.days]
    first, count = DAYS.index(window.days[0]), len(names)
    is_run = count >= SHORTEST_RUN and window.days == DAYS[first : first + count]
    days = "every day" if count == len(DAYS) else f"{names[0]} to {names[-1]}" if is_run else _all_of(names)
    return f"{days} from {clock(window.start)} to {clock(window.end)} ({window.zone})"


def freeze_words(freeze: Freeze) -> str:
    """Write the time of a freeze and its reason."""
    why = f": {freeze.why}" if freeze.why else ""
    return f"Nothing is sent from {freeze.start:%Y-%m-%d %H:%M} to {freeze.end:%Y-%m-%d %H:%M} ({freeze.zone}){why}"


def kinds_words(kinds: Iterable[ChangeKind], *, last: str = "or") -> str:
    """Name kinds of changes, in the order in which the file's description has them."""
    named = frozenset(kinds)
    return _joined([_KINDS[kind] for kind in ChangeKind if kind in named], last)


def _for_what(rule: Rule) -> str:
    changes = "every change" if rule.changes is None else f"changes of {kinds_words(rule.changes)}"
    agents = "" if rule.agents is None else f" that put on or take away {_any_of(sorted(rule.agents))}"
    if rule.numbers is None:
        return f"{changes}{agents}, of every number"
    is_one = len(rule.numbers) == 1 and not is_glob(rule.numbers[0])
    return f"{changes}{agents}, of the number{'' if is_one else 's'} {_all_of(rule.numbers)}"


def _plural(noun: str, count: int) -> str:
    if count == 1:
        return noun
    head, _, rest = noun.partition(" of ")
    return f"{head}s of {rest}" if rest else f"{head}s"


def _any_of(words: Sequence[str]) -> str:
    return _joined(list(words), "or")


def _all_of(words: Iterable[str]) -> str:
    return _joined(list(words), "and")


def _joined(words: list[str], last: str) -> str:
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else "".join(words)
