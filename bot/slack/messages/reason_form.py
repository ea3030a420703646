"""The small forms that ask why before something is done: what is shown, and one field for the reason."""

from collections.abc import Sequence

from bot.service.drafting import REASON_LIMIT
from bot.slack.block_kit.elements import Block, plain

REASON = "reason"
TITLE_LIMIT = 24  # https://docs.slack.dev/reference/views/modal-views


def reason_view(
    callback: str,
    blocks: Sequence[Block],
    *,
    metadata: str,
    title: str,
    submit: str,
    close: str = "Back",
    hint: str | None = None,
    limit: int = REASON_LIMIT,
    is_one_line: bool = False,
    initial: str = "",
) -> Block:
    """Build a form of these blocks and the field, which starts with `initial`; one of one line has the focus."""
    kind: Block = {"focus_on_load": True} if is_one_line else {"multiline": True}
    element: Block = {"type": "plain_text_input", "action_id": REASON, "max_length": limit, **kind}
    element |= {"initial_value": initial} if initial else {}
    field: Block = {"type": "input", "block_id": REASON, "label": plain("Reason"), "element": element}
    return {
        "type": "modal",
        "callback_id": callback,
        "private_metadata": metadata,
        "title": plain(title[:TITLE_LIMIT]),
        "submit": plain(submit),
        "close": plain(close),
        "blocks": [*blocks, field if hint is None else {**field, "hint": plain(hint)}],
    }


def sentence_view(blocks: Sequence[Block], title: str) -> Block:
    """Build a window that only says something."""
    return {"type": "modal", "title": plain(title[:TITLE_LIMIT]), "close": plain("Close"), "blocks": list(blocks)}
