"""A split that comes back with the rounding of a binary fraction is the split that was sent."""

from decimal import Decimal

from bot.domain.assignment import Assignment, Field, WeightedAgent


def test_a_weight_rounded_by_the_far_end_agrees_and_another_percent_does_not() -> None:
    wanted = Assignment(inbound=(WeightedAgent("a", 1, Decimal("0.33")), WeightedAgent("b", 1, Decimal("0.67"))))
    patch = wanted.patch_to([Field.INBOUND])
    rounded = Assignment(
        inbound=(
            WeightedAgent("b", 1, Decimal("0.6700000166893005")),
            WeightedAgent("a", 1, Decimal("0.3300000131130219")),
        )
    )
    other = Assignment(inbound=(WeightedAgent("a", 1, Decimal("0.34")), WeightedAgent("b", 1, Decimal("0.66"))))
    assert patch.is_satisfied_by(rounded)
    assert not patch.is_satisfied_by(other)
