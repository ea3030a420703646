"""How a history comes to rest, and what must hold then."""

from collections.abc import Iterator
from typing import Any

from bot.domain.change import ChangeRequest
from bot.domain.events import Event
from bot.domain.policy import Review, Verdict
from bot.domain.rules.rule import Denial
from bot.domain.state import FollowUp, Origin, State
from bot.sandbox.slack.block_kit.words import words_of
from bot.service.applying.claim import expire_next
from bot.service.due import look
from bot.service.follow_up import ask_follow_up
from bot.service.messages import Kind
from bot.service.override_review import remind_next
from bot.service.refresh import refresh_due
from bot.store import due
from bot.store.claims import Due
from bot.store.mirror import numbers as mirror_numbers
from tests.guarantees import AtRest, Findings, check_approvals, check_record, check_told
from tests.histories.grammar import Act
from tests.histories.people import NUMBERS, PEOPLE
from tests.histories.shown import check_shown, is_quiet
from tests.histories.story import DELIVERING, TAKES, Story
from tests.histories.world import TOKEN, HistoryWorld, assignment_of

_AT_ONCE = 8
_UNREST = (
    "SELECT 1 FROM changes WHERE state IN ('approved', 'applying') OR errand IS NOT NULL LIMIT 1",
    f"SELECT 1 FROM outbox WHERE done_at IS NULL AND kind <> '{Kind.REMINDER}' LIMIT 1",  # noqa: S608 - ours
    "SELECT 1 FROM outside_notices WHERE announced_at IS NULL LIMIT 1",
)
_OF_OTHERS = "https://dashboard.example.com/"
_CALLS_A_PERSON = (Event.UNCLEAR, Event.STALE, Event.RESOLVED)


async def tell(world: HistoryWorld, acts: list[Act]) -> tuple[Story, list[str]]:
    """Let a history happen; return it with which guarantees did not hold."""
    story = Story(world)
    for act in acts:
        await story.do(act)
        world.end.land()
        if world.broken:
            return story, world.broken
        if act[0] in DELIVERING and is_quiet(world):
            findings = Findings()
            await check_shown(world, findings, with_threads=False)
            if findings.found:
                return story, [*findings.found, f"after {act}"]
    await come_to_rest(story)
    return story, [*world.broken, *await check(story)]


async def come_to_rest(story: Story) -> None:
    """Mend everything, let time pass, and let people settle what only they can settle."""
    world = story.world
    world.troubles.waiting.clear()
    await story.archive(False)
    if world.database.memory.read("SELECT 1 FROM pauses"):
        await story.resume()
    await _work_on(story, rounds=16)
    query = "SELECT id, state, requester_id FROM changes WHERE state IN ('applying', 'unclear')"
    left = [tuple(row) for row in world.database.memory.read(query)]
    for change_id, state, requester_id in left:
        if state == State.APPLYING:
            world.broken.append(f"G2: RN-{change_id} stays {state}")
        else:
            who = 1 if requester_id != PEOPLE[1].user_id else 2
            await story.tried(ask_follow_up(world.context, PEOPLE[who], change_id, FollowUp.RESOLVE))
    if left:
        await _work_on(story, rounds=4)
    world.clock.advance(days=2)
    await _work_on(story, rounds=4)
    while world.watch.has_outsiders and await refresh_due(world.context):
        await _work_on(story, rounds=1)


async def _work_on(story: Story, rounds: int) -> None:
    """Do what is due, as two workers, until nothing is left that time alone would bring."""
    world = story.world
    for turn in range(rounds):
        world.end.land()
        process = world.processes[turn % 2]
        while (found := await look(process.context, _AT_ONCE)).keys() - {due.REFRESH}:
            await story.pass_of(process, [kind for kind in TAKES if found[kind]])
            if found[Due.EXPIRED]:
                await expire_next(process.context)
            if found[due.REMINDER]:
                await remind_next(process.context)
            if found[due.MESSAGES]:
                await process.courier.deliver_due()
        if _is_at_rest(world):
            return
        world.clock.advance(seconds=16)


def _is_at_rest(world: HistoryWorld) -> bool:
    return not any(world.database.memory.read(query) for query in _UNREST)


async def check(story: Story) -> list[str]:
    """Return what does not hold, now that all is at rest."""
    world = story.world
    rest, findings = await AtRest.read(world.database), Findings()
    check_record(rest, findings)
    check_approvals(rest, findings)
    check_told(rest, world.slack.world, findings)
    _check_ends_are_told(rest, findings)
    _check_sent(story, rest, findings)
    await _check_outside(story, rest, findings)
    _check_reviews(rest, findings)
    _check_presses(rest, findings)
    _check_words(world, rest, findings)
    await check_shown(world, findings)
    for change in rest.changes.values():
        findings.expect(change.state.is_final, f"G2: {change.label} stays {change.state}")
    turned_away = sum(Event(event.event).is_refusal for event in rest.events)
    findings.expect(
        turned_away == story.refused, f"G7: {story.refused} were turned away, and the record tells of {turned_away}"
    )
    return findings.found


def _check_ends_are_told(rest: AtRest, findings: Findings) -> None:
    """G9: whatever a change came to is told in its thread, by itself where it was asked by itself."""
    told = {row["fact"].rpartition("/")[0] for row in rest.outbox if row["kind"] == Kind.THREAD}
    for change in rest.changes.values():
        if change.bundle_id is None and change.origin is not Origin.PUT_BACK:
            findings.expect(f"{change.label}/{change.state}" in told, f"G9: nobody was told that {change.label} ended")


def _check_reviews(rest: AtRest, findings: Findings) -> None:
    """G7: what stands of the reviews is what was recorded, but for what was taken back and what an edit made void."""
    for change in rest.changes.values():
        recorded: dict[str, str] = {}
        for event in rest.events_of(change):
            after = event.after or {}
            if event.event == Event.EDITED:
                recorded.clear()
            if "verdict" in after:
                recorded[event.actor_id] = after["verdict"]
            if "taken_back" in after:
                recorded.pop(event.actor_id, None)
        stored = {each.reviewer_id: each.verdict.value for each in _standing(rest, change)}
        findings.expect(stored == recorded, f"G7: {change.label} has reviews {stored}, and the record {recorded}")


def _check_presses(rest: AtRest, findings: Findings) -> None:
    """G3: a press decides about all that waits of what was asked together; a denial ends it where its rules say so."""
    presses: dict[tuple[object, ...], tuple[set[int], set[int]]] = {}
    states: dict[int, object] = {}
    for event in rest.events:
        change, after = rest.changes.get(event.change_id or 0), event.after or {}
        if change is None:
            continue
        if "verdict" in after:
            together = {each.id for each in rest.changes.values() if each.lead_id == change.lead_id}
            waiting = {each for each in together if states.get(each) == State.PENDING}
            presses.setdefault((change.lead_id, event.actor_id, event.at), (waiting, set()))[1].add(change.id)
        states[change.id] = after.get("state", states.get(change.id))
    for (lead_id, *_), (waiting, decided) in presses.items():
        findings.expect(waiting == decided, f"G3: a press on RN-{lead_id} decided about {decided}, not about {waiting}")
    for change in rest.changes.values():
        ends = any(rule.denial is Denial.ENDS for rule in change.policy.rules)
        is_denied = any(review.verdict is Verdict.DENY for review in _standing(rest, change))
        is_open = ends and is_denied and change.state is not State.DENIED
        findings.expect(not is_open, f"G1: {change.label} was denied, and is {change.state}")


def _standing(rest: AtRest, change: ChangeRequest) -> list[Review]:
    found = rest.reviews.get(change.id, ())
    return [each for each in found if each.revision == change.revision and each.withdrawn_at is None]


def _check_sent(story: Story, rest: AtRest, findings: Findings) -> None:
    """G2 and G6: what was applied landed, once; what failed did not; where nobody was in between, so it is live."""
    watch = story.world.watch
    for change in rest.changes.values():
        landed, number = watch.landed[change.id], change.key.number
        events = [event.event for event in rest.events_of(change)]
        findings.expect(
            events.count(Event.SENDING) >= watch.arrived[change.id] or not watch.arrived[change.id],
            f"G7: {change.label} was sent {watch.arrived[change.id]} times, and recorded less often",
        )
        findings.expect(
            change.state is not State.FAILED or not landed or number in watch.has_late,
            f"G6: {change.label} failed, and landed",
        )
        if number in watch.has_late | watch.has_outsiders:
            continue
        is_applied = change.state is State.APPLIED
        findings.expect(not is_applied or landed == 1, f"G2: {change.label} was applied, and landed {landed} times")
        was_unclear = Event.UNCLEAR in events
        findings.expect(
            is_applied or was_unclear or not landed,
            f"G6: {change.label} is {change.state}, and landed {landed} times",
        )


async def _check_outside(story: Story, rest: AtRest, findings: Findings) -> None:
    """G9: what others changed is told, what we did is not told as theirs, and the mirror shows what is live."""
    world = story.world
    found = {
        event.after["number"]: event for event in rest.events if event.event == Event.CHANGED_OUTSIDE and event.after
    }
    recorded = sum(event.event == Event.CHANGED_OUTSIDE for event in rest.events)
    told = world.database.memory.read("SELECT count(*) FROM outside_changes")[0][0]
    findings.expect(told == recorded, f"G9: {recorded} changes from outside were found, and {told} told")
    others = found.keys() - world.watch.has_outsiders
    findings.expect(not others, f"G9: changes of our own were told as changes from outside: {others}")
    if not world.watch.has_outsiders:
        return
    for number in NUMBERS:
        live = assignment_of(world.uponai.account.numbers[number])
        async with world.database.reading() as tx:
            known = await mirror_numbers.find(tx, world.context.key(number))
        findings.expect(known and known.listed.assignment == live, f"G9: the mirror of {number} is not what is live")
        called = any(
            event.event in _CALLS_A_PERSON
            for change in rest.changes.values()
            if change.key.number == number
            for event in rest.events_of(change)
        )
        is_theirs = (live.webhook_url or "").startswith(_OF_OTHERS)
        findings.expect(not is_theirs or called or number in found, f"G9: nobody was told what others did to {number}")


def _check_words(world: HistoryWorld, rest: AtRest, findings: Findings) -> None:
    """G11 and G12: nobody is called by what a reason says, and no token stands anywhere."""
    for messages in world.slack.world.messages.values():
        for message in messages:
            said = "\n".join([message.text, *_marked_up(message.blocks)])
            findings.expect("<!channel>" not in said, f"G11: {message.ts} calls the channel")
            findings.expect(TOKEN not in said + words_of(message.blocks), f"G12: {message.ts} shows a token")
    for event in rest.events:
        findings.expect(TOKEN not in f"{event.before}{event.after}", f"G12: event {event.id} holds a token")


def _marked_up(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            yield str(value.get("text"))
        for each in value.values():
            yield from _marked_up(each)
    elif isinstance(value, list):
        for each in value:
            yield from _marked_up(each)
