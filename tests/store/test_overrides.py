"""G1 by an override: the database lets it pass where the copied policy names who may, and with its row alone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.change import ChangeRequest
from bot.domain.draft import ChangeDraft
from bot.domain.overriding import override, review
from bot.domain.rules.people import People
from bot.domain.rules.policy import HeldPolicy
from bot.domain.rules.rule import Denial, Rule
from bot.domain.state import State
from bot.store import claims, overrides
from bot.store.database import Database
from tests.store.stored_changes import (
    ADA,
    ALAN,
    HOUR,
    LEASE,
    NOW,
    RITA,
    approved,
    ask,
    deleting,
    draft,
    key,
    run,
    save,
    updating,
)
from tests.store.test_rules import EDIT, Former
from tests.store.test_two_people import APPROVE, REVIEW, refuses

DUTY = "UDUTY"
ON_DUTY = People(frozenset({DUTY}))
MAIN = Rule(name="Main lines", quorum=2, approvers=People(groups=frozenset({"S1"})), override=ON_DUTY)
EASY = Rule(name="Easy", override=ON_DUTY)
TAKEN = "INSERT INTO overrides (change_id, revision, overridden_by, reason, at, remind_at) VALUES "
ADD = f"{TAKEN}(:id, :revision, :by, 'Down', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)"
MARK = "UPDATE changes SET overridden_at = created_at, version = version + 1 WHERE id = :id"


def allowing(*rules: Rule) -> ChangeDraft:
    return replace(draft(), policy=HeldPolicy(rules=rules or (MAIN,)))


async def overridden(database: Database, wish: ChangeDraft | None = None, *, by: str = DUTY) -> ChangeRequest:
    change = await ask(database, wish or allowing())
    passed, made = override(change, by, "The line is down", NOW, apply_within=HOUR)
    async with database.transaction() as tx:
        await overrides.add_all(tx, [made])
        return await save(tx, passed)


async def test_g1_an_override_that_the_policy_names_lets_a_change_pass_and_be_applied(database: Database) -> None:
    change = await overridden(database)
    async with database.transaction() as tx:
        claimed = await claims.next_to_apply(tx, NOW, key().workspace)
        assert claimed == change
        assert (await save(tx, change.claim("lease-1", NOW, LEASE))).state is State.APPLYING


@pytest.mark.parametrize(
    "rules",
    [
        (Rule(quorum=2),),
        (MAIN, Rule(name="Webhooks")),
        (MAIN, Rule(name="Nobody", override=People())),
    ],
)
async def test_g1_what_a_policy_does_not_name_cannot_be_overridden(database: Database, rules: tuple[Rule, ...]) -> None:
    change = await ask(database, allowing(*rules))
    await refuses(run(database, ADD, id=change.id, revision=1, by=DUTY), "names nobody who may override")
    await refuses(run(database, APPROVE, id=change.id), "are missing|lacks the approvals")


async def test_g1_a_change_of_the_former_release_cannot_be_overridden(database: Database) -> None:
    change = await ask(database, replace(draft(), policy=Former(rules=(Rule(quorum=2),))))
    await refuses(run(database, ADD, id=change.id, revision=1, by=DUTY), "names nobody who may override")


async def test_g1_the_step_needs_the_override_of_this_very_revision(database: Database) -> None:
    change = await ask(database, allowing())
    await refuses(run(database, APPROVE, id=change.id), "are missing")
    await refuses(run(database, ADD, id=change.id, revision=2, by=DUTY), "no such revision")


async def test_g1_nothing_but_its_override_marks_a_change_as_overridden(database: Database) -> None:
    change = await ask(database, allowing(EASY))
    await refuses(run(database, MARK, id=change.id), "with its override alone")
    await run(database, REVIEW, change_id=change.id, revision=1, reviewer_id=ALAN)
    await refuses(run(database, APPROVE.replace(" WHERE", ", overridden_at = created_at WHERE"), id=change.id), "alone")
    await refuses(run(database, MARK, id=(await approved(database, draft("+1"))).id), "with its override alone")


async def test_g1_only_an_undecided_change_is_overridden_and_once(database: Database) -> None:
    change = await overridden(database)
    await refuses(run(database, ADD, id=change.id, revision=1, by=DUTY), "recorded already")
    other = await approved(database, allowing(EASY))
    await refuses(run(database, ADD, id=other.id, revision=1, by=DUTY), "no longer pending")


async def test_g1_a_denial_holds_up_what_is_overridden_no_longer(database: Database) -> None:
    change = await ask(database, allowing(replace(MAIN, denial=Denial.BLOCKS)))
    denial = REVIEW.replace("'approve'", "'deny'")
    await run(database, denial, change_id=change.id, revision=1, reviewer_id=ALAN)
    passed, made = override(change, DUTY, "The line is down", NOW, apply_within=HOUR)
    async with database.transaction() as tx:
        await overrides.add_all(tx, [made])
        passed = await save(tx, passed)
    async with database.transaction() as tx:
        assert await claims.next_to_apply(tx, NOW, key().workspace) == passed
        assert (await save(tx, passed.claim("lease-1", NOW, LEASE))).state is State.APPLYING


@pytest.mark.parametrize(
    "assignment", ["reason = 'x'", "overridden_by = 'UADA'", "revision = 2", "at = remind_at", "remind_at = at"]
)
async def test_g1_an_override_cannot_be_altered(database: Database, assignment: str) -> None:
    await overridden(database)
    await refuses(run(database, updating("overrides", assignment)), "cannot be altered")


async def test_g1_an_override_cannot_be_deleted(database: Database) -> None:
    await overridden(database)
    await refuses(run(database, deleting("overrides")), "cannot be deleted")


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_g1_overrides_cannot_be_truncated(database: Database) -> None:
    await refuses(run(database, "TRUNCATE overrides"), "cannot be deleted")


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_g1_an_override_cannot_be_replaced(database: Database) -> None:
    change = await overridden(database)
    forged = ADD.replace("INSERT", "INSERT OR REPLACE")
    await refuses(run(database, forged, id=change.id, revision=1, by=ADA), "recorded already")


async def test_g1_an_override_needs_a_reason(database: Database) -> None:
    change = await ask(database, allowing())
    await refuses(run(database, ADD.replace("'Down'", "' '"), id=change.id, revision=1, by=DUTY), "reason")


async def test_g1_an_overridden_change_is_not_edited(database: Database) -> None:
    await overridden(database)
    await refuses(run(database, f"{EDIT}, reason = 'x'"), "cannot be altered")


@pytest.mark.parametrize(("reviewer", "sentence"), [(RITA, "The requester"), (DUTY, "reviewer")])
async def test_g1_neither_requester_nor_overrider_reviews_an_override(
    database: Database, reviewer: str, sentence: str
) -> None:
    await overridden(database)
    reviewing = updating("overrides", f"reviewed_by = '{reviewer}', reviewed_at = at")
    await refuses(run(database, reviewing), sentence)


async def test_an_override_is_told_of_again_until_it_is_reviewed_once(database: Database) -> None:
    change = await overridden(database)
    day = timedelta(days=1)
    async with database.transaction() as tx:
        assert await overrides.next_due(tx, NOW + day - LEASE) is None
        assert await overrides.next_due(tx, NOW + day) == change.id
        made = (await overrides.of_all(tx, [change]))[change.id]
        await overrides.save(tx, made.reminded(NOW + 2 * day + HOUR))
        assert await overrides.next_due(tx, NOW + 3 * day - LEASE) is None
        assert await overrides.next_due(tx, NOW + 3 * day) == change.id
        again = (await overrides.of_all(tx, [change]))[change.id]
        assert (made.days, again.days) == (1, 3)
        assert await overrides.unreviewed(tx, change.team_id, 10) == [(change, again)]
        await overrides.save(tx, review(change, again, ALAN, NOW, is_approver=True))
        assert await overrides.next_due(tx, NOW + 9 * day) is None
        assert await overrides.unreviewed(tx, change.team_id, 10) == []
    await refuses(run(database, updating("overrides", "reviewed_by = 'UADA'")), "only be reviewed, once")
