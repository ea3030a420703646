"""A change claims to undo or to repeat another one only where that is so."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.assignment import Assignment, AssignmentPatch, Field, WeightedAgent
from bot.domain.parentage import origin_of
from bot.domain.state import WITHOUT_EFFECT, Origin, State
from tests.domain.strategies import change

A, B, C = (WeightedAgent(agent_id, 1) for agent_id in ("a", "b", "c"))
BEFORE = Assignment(inbound=(A,), is_time_routing_enabled=False)
WANTED = Assignment(inbound=(B,), is_time_routing_enabled=True)
BOTH = frozenset({Field.INBOUND, Field.TIME_ROUTING})
PARENT = change(before=BEFORE, patch=AssignmentPatch(WANTED, BOTH), state=State.APPLIED)

# Few values, so that two of them are often the same.
few = st.builds(Assignment, inbound=st.sampled_from([(A,), (B,)]), is_time_routing_enabled=st.booleans())
few_patches = st.builds(AssignmentPatch, few, st.sampled_from([BOTH, frozenset({Field.INBOUND})]))


def claim(patch: AssignmentPatch, *, before: Assignment = WANTED, state: State = State.APPLIED) -> Origin | None:
    return origin_of(replace(PARENT, state=state), PARENT.key, before, patch.without_unchanged(before))


def test_the_former_values_of_all_its_fields_undo_it() -> None:
    assert claim(BEFORE.patch_to(BOTH)) is Origin.REVERT


def test_a_field_that_is_back_already_need_not_be_touched() -> None:
    present = replace(WANTED, is_time_routing_enabled=False)
    assert claim(BEFORE.patch_to(BOTH), before=present) is Origin.REVERT
    assert claim(BEFORE.patch_to([Field.INBOUND]), before=present) is Origin.REVERT


@pytest.mark.parametrize(
    "patch",
    [
        BEFORE.patch_to([Field.INBOUND]),
        replace(BEFORE, inbound=(C,)).patch_to(BOTH),
        replace(BEFORE, inbound=(replace(A, version=2),)).patch_to(BOTH),
        replace(BEFORE, webhook_url="https://hooks.example.com/").patch_to([*BOTH, Field.WEBHOOK]),
        Assignment().patch_to([Field.INBOUND]),
    ],
    ids=["a part of it", "another agent", "another version", "one field more", "something else"],
)
def test_anything_else_undoes_nothing(patch: AssignmentPatch) -> None:
    assert claim(patch) is None


def test_another_number_undoes_nothing() -> None:
    for key in (replace(PARENT.key, number="+2"), replace(PARENT.key, workspace_id=2)):
        assert origin_of(PARENT, key, WANTED, BEFORE.patch_to(BOTH)) is None


@pytest.mark.parametrize("state", [state for state in State if state is not State.APPLIED])
def test_what_was_not_applied_cannot_be_undone(state: State) -> None:
    assert claim(BEFORE.patch_to(BOTH), state=state) is None


@pytest.mark.parametrize("state", State)
def test_only_what_ended_without_an_effect_is_asked_again(state: State) -> None:
    is_over = state in WITHOUT_EFFECT
    again = PARENT.patch
    assert claim(again, before=BEFORE, state=state) is (Origin.TRY_AGAIN if is_over else None)
    assert claim(replace(WANTED, inbound=(C,)).patch_to(BOTH), before=BEFORE, state=state) is None
    assert claim(WANTED.patch_to([Field.INBOUND]), before=BEFORE, state=state) is None


@given(few_patches, few, st.sampled_from(State), few_patches, few)
def test_a_claim_is_true_of_what_would_be_live(
    parents: AssignmentPatch, before: Assignment, state: State, patch: AssignmentPatch, present: Assignment
) -> None:
    parent = change(before=before, patch=parents, state=state)
    after = patch.onto(present)
    claimed = origin_of(parent, parent.key, present, patch)
    if claimed is Origin.REVERT:
        assert after.agrees_with(before, parents.fields)
    if claimed is Origin.TRY_AGAIN:
        assert parents.is_satisfied_by(after)
    if claimed is not None:
        assert after.agrees_with(present, set(Field) - parents.fields)
