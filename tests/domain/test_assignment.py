import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.assignment import (
    ALL_FIELDS,
    Assignment,
    AssignmentPatch,
    Field,
    WeightedAgent,
    fields_to_bits,
)
from tests.domain.strategies import assignments, field_sets, patches


@given(assignments, patches)
def test_g5_a_patch_changes_the_touched_fields_and_no_other(before: Assignment, patch: AssignmentPatch) -> None:
    after = patch.onto(before)
    assert after.agrees_with(patch.wanted, patch.fields)
    assert after.agrees_with(before, ALL_FIELDS - patch.fields)
    assert patch.is_satisfied_by(after)
    assert patch.onto(after) == after


@given(assignments, patches)
def test_g5_what_is_already_so_is_not_touched(before: Assignment, patch: AssignmentPatch) -> None:
    smaller = patch.without_unchanged(before)
    assert smaller.fields <= patch.fields
    assert smaller.fields == before.differing(patch.onto(before))
    assert smaller.onto(before).agrees_with(patch.onto(before))


@given(assignments, assignments, field_sets)
def test_agreement_is_the_absence_of_differences(one: Assignment, other: Assignment, fields: frozenset[Field]) -> None:
    assert one.differing(other, fields) == other.differing(one, fields)
    assert one.agrees_with(other, fields) == (not one.differing(other) & fields)
    assert one.agrees_with(one)
    assert other.patch_to(fields).onto(one).agrees_with(other, fields)


@given(assignments, st.randoms(use_true_random=False))
def test_the_order_of_agents_means_nothing(assignment: Assignment, random: st.DataObject) -> None:
    inbound = list(assignment.inbound)
    random.shuffle(inbound)  # type: ignore[attr-defined] # hypothesis draws a random.Random here
    shuffled = Assignment(
        tuple(inbound), assignment.outbound[::-1], assignment.webhook_url, assignment.is_time_routing_enabled
    )
    assert shuffled.agrees_with(assignment)
    assert assignment.patch_to(ALL_FIELDS).is_satisfied_by(shuffled)


@given(assignments, patches)
def test_json_keeps_assignments_and_patches(assignment: Assignment, patch: AssignmentPatch) -> None:
    assert Assignment.from_json(json.loads(json.dumps(assignment.to_json()))) == assignment
    read = AssignmentPatch.from_json(json.loads(json.dumps(patch.to_json())))
    assert read.fields == patch.fields
    assert all(read.wanted.value(f) == patch.wanted.value(f) for f in patch.fields)


@given(field_sets, field_sets)
def test_sets_of_fields_fit_into_bits(one: frozenset[Field], other: frozenset[Field]) -> None:
    assert {field for field in Field if fields_to_bits(one) & field.bit} == one
    assert bool(fields_to_bits(one) & fields_to_bits(other)) == bool(one & other)


def patch_of(*agents: WeightedAgent) -> AssignmentPatch:
    return AssignmentPatch(Assignment(inbound=agents), frozenset({Field.INBOUND}))


def test_g6_an_agent_that_is_not_pinned_agrees_with_any_version_read_back() -> None:
    half = Decimal("0.5")
    patch = patch_of(WeightedAgent("a", None, half), WeightedAgent("a", 2, half))
    assert patch.is_satisfied_by(Assignment(inbound=(WeightedAgent("a", 2, half), WeightedAgent("a", 7, half))))
    assert patch.is_satisfied_by(Assignment(inbound=(WeightedAgent("a", None, half), WeightedAgent("a", 2, half))))
    assert not patch.is_satisfied_by(Assignment(inbound=(WeightedAgent("a", 7, half), WeightedAgent("a", 7, half))))
    assert not patch.is_satisfied_by(Assignment(inbound=(WeightedAgent("a", 2, half),)))
    assert not patch_of(WeightedAgent("a", 2)).is_satisfied_by(Assignment(inbound=(WeightedAgent("a"),)))


def test_g6_another_weight_agent_or_outbound_version_is_no_success() -> None:
    assert not patch_of(WeightedAgent("a")).is_satisfied_by(Assignment(inbound=(WeightedAgent("b"),)))
    assert not patch_of(WeightedAgent("a")).is_satisfied_by(
        Assignment(inbound=(WeightedAgent("a", 1, Decimal("0.9")),))
    )
    outbound = AssignmentPatch(Assignment(outbound=(WeightedAgent("a", 1),)), frozenset({Field.OUTBOUND}))
    assert outbound.missing_from(Assignment(outbound=(WeightedAgent("a", 2),))) == {Field.OUTBOUND}
