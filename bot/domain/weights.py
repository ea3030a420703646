"""Weights of a split: whole percents for people, fractions of 1 on the wire, without a digit made up or lost."""

from collections.abc import Sequence
from decimal import Decimal

from bot.domain.assignment import Field
from bot.domain.errors import InvalidSubmission

MOST_AGENTS = 10
WHOLE = 100
_TWO_DECIMALS = Decimal("0.01")


def fractions_of(percents: Sequence[int]) -> tuple[Decimal, ...]:
    """Turn whole percents into fractions that add up to exactly 1.

    Raises:
        InvalidWish: A weight is not from 1 to 100, they do not total 100, or there are too many or none; `row` says
            where.
    """
    if not percents:
        raise InvalidSubmission("Choose at least one agent.", field=Field.INBOUND)
    if len(percents) > MOST_AGENTS:
        raise InvalidSubmission(
            f"A split can have up to {MOST_AGENTS} agents, not {len(percents)}.", field=Field.INBOUND, row=MOST_AGENTS
        )
    for row, percent in enumerate(percents):
        if not 1 <= percent <= WHOLE:
            raise InvalidSubmission(
                f"A weight is a whole percentage from 1 to 100, not {percent}.", field=Field.INBOUND, row=row
            )
    if (total := sum(percents)) != WHOLE:
        raise InvalidSubmission(
            f"The weights total {total} %; they must total 100 %.", field=Field.INBOUND, row=len(percents) - 1
        )
    # The quotient of two integers by a power of ten is exact; a float would add 2.9e-17 here and there.
    return tuple(Decimal(percent).scaleb(-2) for percent in percents)


def percent_text(weight: Decimal) -> str:
    """Write a weight as a percentage with all its digits: `50 %`, `33.333333 %`."""
    return f"{plain_digits(_times_hundred(weight))} %"


def rounded_percent(weight: Decimal) -> str:
    """Write a weight as a percentage with at most two decimals; all its digits where 0 or 100 would be untrue."""
    percent = _times_hundred(weight)
    if percent != (rounded := percent.quantize(_TWO_DECIMALS)) and rounded in (0, WHOLE):
        return percent_text(weight)
    return f"{plain_digits(rounded)} %"


def whole_percent(weight: Decimal) -> int | None:
    """Return the weight in percent when that is a whole number, else None."""
    percent = _times_hundred(weight)
    return int(percent) if percent == percent.to_integral_value() else None


def plain_digits(value: Decimal) -> str:
    """Write a decimal with exactly its own digits: no exponent, no zeros at the end of a fraction."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _times_hundred(weight: Decimal) -> Decimal:
    # Arithmetic would round to the precision of the context; moving the point does not.
    sign, digits, exponent = weight.as_tuple()
    if not isinstance(exponent, int):
        raise TypeError("a weight is a finite number")
    return Decimal((sign, digits, exponent + 2))
