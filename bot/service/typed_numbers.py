"""Several numbers as people typed them, each read as one is read by itself, with two statements for all."""

import unicodedata
from collections.abc import Collection

from bot.domain.errors import InvalidNumber
from bot.domain.number import normalise, read_number
from bot.service.context import ServiceContext
from bot.store.mirror import number_endings
from bot.store.mirror import numbers as mirror_numbers


async def read_all_typed(context: ServiceContext, texts: Collection[str]) -> dict[str, str | InvalidNumber]:
    """Read several numbers as `lookup.read_typed` reads one; what it would raise stands in the place of a number."""
    region, account = context.default_region, (context.account_sid, context.workspace_id)
    readings = {text: {text, normalise(text, region) or text} for text in texts}
    async with context.database.reading() as tx:
        listed = await mirror_numbers.find_all(tx, *account, set().union(*readings.values()))
        unknown = [text for text in texts if not readings[text] & listed.keys()]
        wanted = {ending for text in unknown for ending in _endings(text)}
        found = await number_endings.of_all(tx, *account, wanted)
    read: dict[str, str | InvalidNumber] = {}
    for text in texts:
        try:
            read[text] = read_number(
                text,
                is_listed=lambda number: number in listed,
                endings=lambda ending: found.get(ending, []),
                default_region=region,
            )
        except InvalidNumber as error:
            read[text] = error
    return read


def _endings(text: str) -> set[str]:
    digits = "".join(str(unicodedata.digit(c)) for c in text if c.isdigit())
    return {digits, digits.lstrip("0")}
