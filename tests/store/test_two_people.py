"""G1 is held by the database itself, whatever the code does: everything here is raw SQL."""

from collections.abc import Awaitable

import pytest
from sqlalchemy import text

from bot.domain.state import TRANSITIONS, State
from bot.store.database import Database
from bot.store.errors import RefusedByDatabase, StoreError
from tests.store.stored_changes import (
    ADA,
    ALAN,
    RITA,
    applied,
    applying,
    approved,
    ask,
    copying,
    deleting,
    draft,
    run,
    stored,
    updating,
)

REVIEW = (
    "INSERT INTO reviews (change_id, revision, reviewer_id, verdict, at) "
    "VALUES (:change_id, :revision, :reviewer_id, 'approve', CURRENT_TIMESTAMP)"
)
APPROVE = (
    "UPDATE changes SET state = 'approved', version = version + 1, approval_order = 1, "
    "approved_at = created_at, apply_before = expires_at WHERE id = :id"
)
APPLY = "UPDATE changes SET state = 'applying', version = version + 1, leased_until = due_at WHERE id = :id"


async def refuses(work: Awaitable[object], sentence: str) -> None:
    with pytest.raises(RefusedByDatabase, match=sentence):
        await work


async def test_g1_the_requester_cannot_review(database: Database) -> None:
    change = await ask(database)
    await refuses(
        run(database, REVIEW, change_id=change.id, revision=1, reviewer_id=RITA), "requester of a change cannot review"
    )


async def test_g1_a_change_without_approvals_cannot_be_approved(database: Database) -> None:
    change = await ask(database)
    await refuses(run(database, APPROVE, id=change.id), "approvals that the policy of this change asks for are missing")


async def test_g1_one_of_two_approvals_is_not_enough(database: Database) -> None:
    change = await ask(database, draft(quorum=2))
    await run(database, REVIEW, change_id=change.id, revision=1, reviewer_id=ALAN)
    await refuses(run(database, APPROVE, id=change.id), "approvals that the policy of this change asks for are missing")


async def test_g1_a_denial_is_no_approval(database: Database) -> None:
    change = await ask(database)
    await run(database, REVIEW.replace("'approve'", "'deny'"), change_id=change.id, revision=1, reviewer_id=ALAN)
    await refuses(run(database, APPROVE, id=change.id), "are missing")
    await run(database, REVIEW, change_id=change.id, revision=1, reviewer_id=ADA)
    await refuses(run(database, APPROVE, id=change.id), "Somebody denied")


async def test_g1_a_change_whose_approval_was_withdrawn_cannot_be_applied(database: Database) -> None:
    change = await approved(database)
    await run(database, "UPDATE reviews SET withdrawn_at = at WHERE change_id = :id", id=change.id)
    await refuses(run(database, APPLY, id=change.id), "are missing")


async def test_g1_a_pending_change_cannot_be_applied(database: Database) -> None:
    change = await ask(database)
    await refuses(run(database, APPLY, id=change.id), "no such step")


@pytest.mark.parametrize(
    "assignment",
    [
        "quorum = 2",
        "requester_id = 'UALAN'",
        "policy = '{}'",
        "before = '{}'",
        "patch = '{}'",
        "touched = 15",
        "number = '+1'",
        "account_sid = 'AC2'",
        "workspace_id = 8",
        "team_id = 'T2'",
        "reason = 'Another'",
        "agent_names = '{}'",
        "submission_key = 'x'",
        "revision = 3",
        "parent_id = id",
        "created_at = expires_at",
        "expires_at = created_at",
        "due_at = expires_at",
    ],
)
async def test_g1_what_was_asked_cannot_be_altered(database: Database, assignment: str) -> None:
    await ask(database)
    for version in ("", ", version = version + 1"):
        await refuses(run(database, updating("changes", assignment + version)), "cannot be altered")


async def test_g1_an_id_cannot_be_altered(database: Database) -> None:
    change = await ask(database)
    with pytest.raises((RefusedByDatabase, Exception), match=r"cannot be altered|GENERATED ALWAYS|can only be updated"):
        await run(database, "UPDATE changes SET id = 99 WHERE id = :id", id=change.id)


async def test_g1_a_quorum_of_nobody_cannot_be_stored(database: Database) -> None:
    with pytest.raises(RefusedByDatabase):
        await ask(database, draft(quorum=0))


async def test_g1_a_reviewer_counts_once(database: Database) -> None:
    change = await ask(database, draft(quorum=2))
    await run(database, REVIEW, change_id=change.id, revision=1, reviewer_id=ALAN)
    await refuses(run(database, REVIEW, change_id=change.id, revision=1, reviewer_id=ALAN), "recorded already")


async def test_g1_a_review_of_what_does_not_exist_is_refused(database: Database) -> None:
    change = await ask(database)
    await refuses(run(database, REVIEW, change_id=77, revision=1, reviewer_id=ALAN), "no such change")
    await refuses(run(database, REVIEW, change_id=change.id, revision=2, reviewer_id=ALAN), "no such revision")


async def test_g3_a_decided_change_takes_no_review(database: Database) -> None:
    change = await approved(database)
    await refuses(run(database, REVIEW, change_id=change.id, revision=1, reviewer_id=ADA), "no longer pending")


@pytest.mark.parametrize(
    "assignment", ["verdict = 'deny'", "reviewer_id = 'UADA'", "revision = 2", "reason = 'x'", "withdrawn_at = NULL"]
)
async def test_g1_a_review_cannot_be_altered(database: Database, assignment: str) -> None:
    await ask(database)
    await run(database, REVIEW, change_id=1, revision=1, reviewer_id=ALAN)
    await refuses(run(database, updating("reviews", assignment)), "cannot be altered")


async def test_g1_a_withdrawn_review_stays_withdrawn(database: Database) -> None:
    await approved(database)
    await run(database, "UPDATE reviews SET withdrawn_at = at")
    await refuses(run(database, "UPDATE reviews SET withdrawn_at = NULL"), "cannot be altered")


async def test_g1_an_approval_cannot_be_withdrawn_once_it_is_applied(database: Database) -> None:
    await applying(database)
    await refuses(run(database, "UPDATE reviews SET withdrawn_at = at"), "too late")


@pytest.mark.parametrize("table", ["changes", "reviews", "audit_events", "audit_head"])
async def test_g1_nothing_can_be_deleted(database: Database, table: str) -> None:
    await approved(database)
    await refuses(run(database, deleting(table)), "cannot be deleted|append-only|one head")


@pytest.mark.parametrize("table", ["changes", "reviews", "audit_events", "audit_head"])
@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_g1_nothing_can_be_truncated(database: Database, table: str) -> None:
    await approved(database)
    await refuses(run(database, f"TRUNCATE {table} CASCADE"), "cannot be deleted|append-only|one head")


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("is_recursive", [True, False])
@pytest.mark.parametrize("table", ["changes", "reviews", "audit_events", "audit_head"])
async def test_g1_nothing_can_be_replaced(database: Database, table: str, is_recursive: bool) -> None:
    await applied(database)
    before = await stored(database, 1)
    async with database.transaction() as tx:
        names = [row[1] for row in await tx.execute(text(f"PRAGMA table_info({table})"))]
    columns = ", ".join(f'"{name}"' for name in names)
    values = columns.replace('"state"', "'pending'").replace('"version"', "1").replace('"withdrawn_at"', "NULL")
    for replacing in ("INSERT OR REPLACE", "REPLACE", "INSERT OR IGNORE", "INSERT OR FAIL", "INSERT OR ROLLBACK"):
        pragma = f"PRAGMA recursive_triggers = {is_recursive}"
        with pytest.raises(StoreError):
            await run(database, pragma, copying(replacing, table, columns, values))
    assert await stored(database, 1) == before


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_g1_an_update_cannot_replace_another_change(database: Database) -> None:
    await applying(database)
    other = await approved(database)
    for statement in (APPLY, "UPDATE changes SET id = 1 WHERE id = :id"):
        for clause in ("OR REPLACE", "OR IGNORE"):
            with pytest.raises(RefusedByDatabase):
                await run(database, statement.replace("UPDATE", f"UPDATE {clause}"), id=other.id)
    assert (await stored(database, 1)).state is State.APPLYING


async def test_g3_only_the_steps_of_the_domain_exist(database: Database) -> None:
    wishes = {state: await ask(database, draft(f"+{n}")) for n, state in enumerate(State)}
    for state, change in wishes.items():
        for wanted in State:
            if wanted is state or wanted in TRANSITIONS[State.PENDING]:
                continue
            if wanted is State.PENDING:
                continue
            await refuses(
                run(
                    database,
                    "UPDATE changes SET state = :state, version = version + 1 WHERE id = :id",
                    state=wanted,
                    id=change.id,
                ),
                "no such step",
            )


async def test_the_steps_that_the_triggers_know_are_the_domains(database: Database) -> None:
    async with database.reading() as tx:
        source = await tx.scalar(
            text("SELECT sql FROM sqlite_master WHERE name = 'changes_update'")
            if database.dialect == "sqlite"
            else text("SELECT prosrc FROM pg_proc WHERE proname = 'changes_update'")
        )
    pairs = {(old, new) for old, new in ((a, b) for a in State for b in State) if f"'{old} {new}'" in str(source)}
    assert pairs == {(old, new) for old, reachable in TRANSITIONS.items() for new in reachable}


async def test_g3_an_ended_change_stays_as_it_is(database: Database) -> None:
    await applied(database)
    for assignment in ("state = 'approved'", "decided_by = 'UADA'", "result = NULL", "finished_at = expires_at"):
        await refuses(
            run(database, updating("changes", f"{assignment}, version = version + 1")),
            "no such step|stays as it is",
        )


async def test_g4_a_place_in_the_order_of_approval_cannot_be_taken(database: Database) -> None:
    first, second = await approved(database), await approved(database)
    assert (first.approval_order, second.approval_order) == (1, 2)
    await refuses(
        run(database, "UPDATE changes SET approval_order = 9, version = version + 1 WHERE id = 2"),
        "order of an approval",
    )


async def test_g4_two_changes_of_a_number_cannot_be_applied_at_once(database: Database) -> None:
    await applying(database)
    other = await approved(database)
    await refuses(run(database, APPLY, id=other.id), "Another change of this number is being applied")
