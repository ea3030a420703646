"""G1 by rules, held by the database itself: what a change's rules ask for is counted by triggers, in raw SQL here."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from bot.domain.change import ChangeRequest
from bot.domain.draft import ChangeDraft
from bot.domain.rules.people import People
from bot.domain.rules.policy import HeldPolicy
from bot.domain.rules.rule import Denial, Rule
from bot.domain.state import State
from bot.store import claims, reviews
from bot.store.database import Database
from tests.store.stored_changes import (
    ADA,
    ALAN,
    NOW,
    approved,
    ask,
    deleting,
    draft,
    key,
    review,
    run,
    stored,
    updating,
)
from tests.store.test_two_people import APPLY, APPROVE, REVIEW, refuses

LEADS, WEBHOOKS, ANYBODY = "Main lines", "Webhooks", "Anybody"
COUNTS = "INSERT INTO review_rules (review_id, name) VALUES (:review_id, :name)"
AMY = "UAMY"
LACKS = "A rule of this change lacks the approvals"
RULES = (
    Rule(name=LEADS, approvers=People(groups=frozenset({"S1"})), quorum=2, denial=Denial.BLOCKS),
    Rule(name=WEBHOOKS, approvers=People(frozenset({AMY}))),
)


def ruled(*rules: Rule) -> ChangeDraft:
    return replace(draft(), policy=HeldPolicy(rules=rules or RULES))


async def approve(database: Database, change: ChangeRequest, by: str, *rules: str) -> None:
    """Add an approval that counts for these rules."""
    await run(database, REVIEW, change_id=change.id, revision=1, reviewer_id=by)
    for name in rules:
        await run(database, COUNTS, review_id=await last_review(database), name=name)


async def last_review(database: Database) -> int:
    async with database.reading() as tx:
        return int(await tx.scalar(text("SELECT max(id) FROM reviews")) or 0)


async def rows(database: Database, table: str, columns: str) -> set[tuple[object, ...]]:
    async with database.reading() as tx:
        found = await tx.execute(text(f"SELECT {columns} FROM {table}"))  # noqa: S608 - words of this module.
        return {tuple(row) for row in found}


async def test_g1_the_rules_of_a_change_are_rows_that_its_policy_makes(database: Database) -> None:
    await ask(database, ruled(*RULES, Rule(name=ANYBODY)))
    found = await rows(database, "change_rules", "change_id, revision, name, quorum, denial, is_for_all")
    assert {(*row[:5], bool(row[5])) for row in found} == {
        (1, 1, LEADS, 2, "blocks", False),
        (1, 1, WEBHOOKS, 1, "ends", False),
        (1, 1, ANYBODY, 1, "ends", True),
    }


async def test_g1_a_change_needs_the_quorum_of_every_rule(database: Database) -> None:
    change = await ask(database, ruled())
    await approve(database, change, ALAN, LEADS)
    await approve(database, change, ADA, LEADS)
    await refuses(run(database, APPROVE, id=change.id), LACKS)
    await approve(database, change, AMY, WEBHOOKS)
    async with database.reading() as tx:
        found = await reviews.of_change(tx, change.id)
    assert {each.reviewer_id: set(each.rules) for each in found} == {ALAN: {LEADS}, ADA: {LEADS}, AMY: {WEBHOOKS}}


async def test_g1_an_approval_that_counts_for_no_rule_approves_nothing(database: Database) -> None:
    change = await ask(database, ruled())
    for person in (ALAN, ADA, AMY):
        await approve(database, change, person)
    await refuses(run(database, APPROVE, id=change.id), LACKS)


async def test_g1_one_person_can_count_for_several_rules_and_once_for_each(database: Database) -> None:
    change = await ask(database, ruled())
    await approve(database, change, AMY, LEADS, WEBHOOKS)
    await refuses(run(database, COUNTS, review_id=1, name=LEADS), "recorded already")
    await approve(database, change, ALAN)
    await refuses(run(database, APPROVE, id=change.id), LACKS)


async def test_g1_a_lost_right_no_longer_counts_not_even_for_an_approved_change(database: Database) -> None:
    change = await ask(database, ruled(RULES[1]))
    await approve(database, change, AMY, WEBHOOKS)
    await run(database, "UPDATE review_rules SET lost_at = :at", at=NOW.isoformat() if is_sqlite(database) else NOW)
    await refuses(run(database, APPROVE, id=change.id), LACKS)
    await refuses(run(database, "UPDATE review_rules SET lost_at = NULL"), "cannot be altered")


def is_sqlite(database: Database) -> bool:
    return database.dialect == "sqlite"


@pytest.mark.parametrize(
    "assignment", ["quorum = 1", "name = 'x'", "revision = 2", "denial = 'ends'", "is_for_all = TRUE"]
)
async def test_g1_the_rules_of_a_change_cannot_be_altered(database: Database, assignment: str) -> None:
    await ask(database, ruled())
    await refuses(run(database, updating("change_rules", assignment)), "cannot be altered")


@pytest.mark.parametrize("table", ["change_rules", "review_rules"])
async def test_g1_rules_cannot_be_deleted(database: Database, table: str) -> None:
    change = await ask(database, ruled())
    await approve(database, change, AMY, WEBHOOKS)
    await refuses(run(database, deleting(table)), "cannot be deleted")


@pytest.mark.parametrize("dialect", ["postgresql"])
@pytest.mark.parametrize("table", ["change_rules", "review_rules"])
async def test_g1_rules_cannot_be_truncated(database: Database, table: str) -> None:
    await refuses(run(database, f"TRUNCATE {table}"), "cannot be deleted")


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_g1_rules_cannot_be_replaced(database: Database) -> None:
    change = await ask(database, ruled())
    await approve(database, change, AMY, WEBHOOKS)
    for statement in (
        "INSERT OR REPLACE INTO change_rules VALUES (1, 1, 'Main lines', 1, 'ends', 1)",
        "INSERT OR REPLACE INTO review_rules VALUES (1, 'Webhooks', NULL)",
    ):
        await refuses(run(database, statement), "recorded already")


async def test_g1_no_review_counts_for_a_rule_that_the_change_does_not_have(database: Database) -> None:
    change = await ask(database, ruled(RULES[1]))
    await approve(database, change, ALAN)
    await refuses(run(database, COUNTS, review_id=1, name=LEADS), "no such rule")
    await refuses(run(database, COUNTS, review_id=77, name=WEBHOOKS), "no such review")


async def test_the_former_release_goes_on_where_every_full_member_may_approve(database: Database) -> None:
    """It knows nothing of rules: neither does it write them with a change, nor with a review."""
    change = await ask(database, ruled(Rule(name=ANYBODY, quorum=2)))
    await run(database, REVIEW, change_id=change.id, revision=1, reviewer_id=ALAN)
    await refuses(run(database, APPROVE, id=change.id), "are missing")
    await run(database, REVIEW, change_id=change.id, revision=1, reviewer_id=ADA)
    assert await rows(database, "review_rules", "review_id, name") == {(1, ANYBODY), (2, ANYBODY)}


async def test_g1_a_worker_does_not_take_what_lost_its_approvals(database: Database) -> None:
    change = await approved(database, ruled(Rule(name=ANYBODY)))
    async with database.transaction() as tx:
        assert (await claims.next_to_apply(tx, NOW, key().workspace)) is not None
    await run(database, "UPDATE reviews SET withdrawn_at = at")
    await refuses(run(database, APPLY, id=change.id), "are missing|lacks the approvals")
    async with database.transaction() as tx:
        assert await claims.next_to_apply(tx, NOW, key().workspace) is None
    assert (await stored(database, change.id)).state is State.APPROVED


EDIT = "UPDATE changes SET version = version + 1, revision = revision + 1"


@pytest.mark.parametrize("assignment", ["requester_id = 'UALAN'", "number = '+1'", "team_id = 'T2'", "parent_id = id"])
async def test_g1_an_edit_keeps_who_asked_and_for_which_number(database: Database, assignment: str) -> None:
    await ask(database)
    await refuses(run(database, f"{EDIT}, {assignment}"), "cannot be altered")


async def test_g1_only_an_undecided_change_is_edited(database: Database) -> None:
    await approved(database)
    await refuses(run(database, f"{EDIT}, reason = 'x'"), "cannot be altered")


class Former(HeldPolicy):
    """What the former release stored: a quorum alone."""

    def to_json(self) -> dict[str, Any]:
        return {"quorum": self.quorum}


async def test_a_change_of_the_former_release_goes_on_by_its_quorum(database: Database) -> None:
    change = await ask(database, replace(draft(), policy=Former(rules=(Rule(quorum=2),))))
    assert await rows(database, "change_rules", "name") == set()
    assert (await review(database, change.id, by=ALAN)).state is State.PENDING
    assert (await review(database, change.id, by=ADA)).state is State.APPROVED
