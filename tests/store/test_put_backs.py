"""G1 for what ends a change: only the database's own look at the parent lets a put-back pass. Raw SQL throughout."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.domain.change import ChangeRequest
from bot.domain.draft import ChangeDraft
from bot.domain.putting_back import covered, put_back_of
from bot.domain.state import Origin, State
from bot.store import audit, changes
from bot.store.database import Database
from tests.store.stored_changes import (
    HOUR,
    LEASE,
    NOW,
    WEBHOOK,
    applying,
    approved,
    ask,
    draft,
    event_of,
    key,
    run,
    save,
    step,
    stored,
    updating,
)
from tests.store.test_two_people import APPROVE, refuses

LACKS = "lacks the approvals|are missing"
# Behind its parent.
APPROVE_NEXT = APPROVE.replace("approval_order = 1", "approval_order = 9")


def timed() -> ChangeDraft:
    return replace(draft(), put_back_at=NOW + HOUR)


async def parent_and_put_back(database: Database) -> tuple[ChangeRequest, ChangeRequest]:
    """Apply a change with its put-back, which is left pending here."""
    parent = await applying(database, timed())
    async with database.transaction() as tx:
        planned = await changes.insert(tx, put_back_of(parent, parent.after, NOW, NOW))
        await audit.append(tx, [event_of(planned)])
        done = await save(tx, parent.finish(State.APPLIED, NOW, result=parent.after))
    return done, planned


async def test_g1_a_put_back_passes_by_the_approval_of_its_parent(database: Database) -> None:
    parent, planned = await parent_and_put_back(database)
    ready = await step(database, covered(planned, parent, NOW, HOUR))
    assert (await step(database, ready.claim("lease", NOW + HOUR, LEASE))).state is State.APPLYING


async def test_g1_a_put_back_waits_for_its_parent_to_be_applied(database: Database) -> None:
    parent = await applying(database, timed())
    planned = await ask(database, put_back_of(parent, parent.after, NOW, NOW))
    await refuses(run(database, APPROVE_NEXT, id=planned.id), LACKS)


@pytest.mark.parametrize(
    "forge",
    [
        lambda put_back: replace(put_back, patch=draft().patch),
        lambda put_back: replace(put_back, patch=draft(fields=WEBHOOK).patch),
        lambda put_back: replace(put_back, key=key("+14155550199")),
        lambda put_back: replace(put_back, requester_id="UMALLORY"),
        lambda put_back: replace(put_back, policy=draft(quorum=2).policy),
        lambda put_back: replace(put_back, parent_id=None),
        lambda put_back: replace(put_back, origin=Origin.REVERT),
    ],
    ids=["values", "fields", "number", "requester", "policy", "orphan", "origin"],
)
async def test_g1_what_only_says_that_it_is_a_put_back_needs_approvals_of_its_own(
    database: Database, forge: Callable[[ChangeDraft], ChangeDraft]
) -> None:
    parent = await applying(database, timed())
    real = put_back_of(parent, parent.after, NOW, NOW)
    forged = forge(replace(real, submission_key="forged"))
    change = await ask(database, forged)
    if (forged.origin, forged.parent_id) != (real.origin, real.parent_id):
        await ask(database, real)
    await step(database, parent.finish(State.APPLIED, NOW, result=parent.after))
    await refuses(run(database, APPROVE_NEXT, id=change.id), LACKS)


async def test_g1_a_change_that_was_not_to_be_put_back_has_no_put_back(database: Database) -> None:
    parent = await applying(database)
    wish = put_back_of(replace(parent, put_back_at=NOW + HOUR), parent.after, NOW, NOW)
    await step(database, parent.finish(State.APPLIED, NOW, result=parent.after))
    await refuses(run(database, APPROVE_NEXT, id=(await ask(database, wish)).id), LACKS)


async def test_g2_a_change_has_one_put_back(database: Database) -> None:
    parent, planned = await parent_and_put_back(database)
    again = replace(put_back_of(parent, parent.after, NOW, NOW), submission_key="again")
    await refuses(ask(database, again), "has its put-back already")
    if database.dialect == "sqlite":
        # REPLACE would take the stored one away without asking its triggers.
        copied = "INSERT OR REPLACE INTO changes SELECT * FROM changes WHERE id = :id"
        await refuses(run(database, copied, id=planned.id), "cannot be replaced")
    assert (await stored(database, planned.id)).origin is Origin.PUT_BACK


async def test_g2_a_change_that_is_to_be_put_back_ends_applied_with_its_put_back_alone(database: Database) -> None:
    change = await applying(database, timed())
    await refuses(
        step(database, change.finish(State.APPLIED, NOW, result=change.after)), "applied together with its put-back"
    )


async def test_g1_a_change_becomes_no_put_back(database: Database) -> None:
    change = await ask(database)
    await refuses(run(database, "UPDATE changes SET origin = 'put_back' WHERE id = :id", id=change.id), "no put-back")


@pytest.mark.parametrize(
    "assignment", ["starts_at = due_at", "put_back_at = due_at", "due_at = created_at, version = version + 1"]
)
async def test_g1_when_a_change_is_sent_and_put_back_cannot_be_altered(database: Database, assignment: str) -> None:
    await approved(database, replace(draft(), due_at=NOW + HOUR))
    await refuses(run(database, updating("changes", assignment)), "cannot be altered")


async def test_a_put_back_can_be_made_due_earlier_and_nothing_else(database: Database) -> None:
    parent, planned = await parent_and_put_back(database)
    ready = await step(database, covered(planned, parent, NOW, HOUR))
    later = replace(ready, due_at=NOW + 2 * HOUR, version=ready.version + 1)
    await refuses(step(database, later), "cannot be altered")
    earlier = replace(ready, due_at=NOW, version=ready.version + 1)
    assert (await step(database, earlier)).due_at == NOW


async def test_g1_the_requester_does_not_call_their_put_back_off(database: Database) -> None:
    parent, planned = await parent_and_put_back(database)
    ready = await step(database, covered(planned, parent, NOW, HOUR))
    for by in (ready.requester_id, None):
        canceled = replace(ready, state=State.CANCELED, version=ready.version + 1, decided_by=by, finished_at=NOW)
        await refuses(step(database, canceled), "cannot keep what it set")
    kept = replace(ready, state=State.CANCELED, version=ready.version + 1, decided_by="UADA", finished_at=NOW)
    assert (await step(database, kept)).state is State.CANCELED
