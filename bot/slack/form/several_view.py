"""More numbers than one: the button that makes room for them, and the field where they are written."""

from bot.domain.bundle import MOST_NUMBERS
from bot.slack.block_kit.elements import Block, button
from bot.slack.form import fields as form
from bot.slack.form.inputs import focused, labelled, telling_each_letter, text
from bot.slack.form.state import FormState

SEVERAL, MORE = "form.several", "form.more_numbers"
ENTRY_LIMIT = 3000
HINT = (
    f"Up to {MOST_NUMBERS - 1} more, each on a line of its own or separated by commas. The same is done to all of them."
)


def several_buttons(state: FormState) -> list[Block]:
    """Build what makes room for more numbers; the numbers of what was asked stay when it is edited."""
    if state.meta.is_several or state.meta.edits is not None:
        return []
    return [button("Several numbers", SEVERAL, value="several", label="Several numbers")]


def several_blocks(state: FormState) -> list[Block]:
    """Build the field under Number, once the button was pressed."""
    if not state.meta.is_several:
        return []
    element = text("plain_text_input", state.more_numbers, action_id=MORE, multiline=True, limit=ENTRY_LIMIT)
    element = focused(telling_each_letter(element), is_focused=state.focus == form.MORE_NUMBERS)
    return [labelled(form.MORE_NUMBERS, "More numbers", element, dispatches=True, is_optional=True, hint=HINT)]
