"""What can be typed, by what people want: to change, to look, to administer."""

from bot.slack.block_kit.elements import Block, rich_line, rich_list, rich_text, text_run

HELP_TEXT = "Ask for a change of a phone number. Someone else approves it, then it is done."
GROUPS: dict[str, tuple[tuple[str, str], ...]] = {
    "Change": (
        ("/route-number", "opens the form"),
        ("/route-number +49 30 555 0199", "opens it for a number, however it is written, or an extension"),
        ("/route-number revert RN-12", "opens it with what was there before that change"),
    ),
    "Look": (
        ("/route-number list", "all numbers and who answers them"),
        ("/route-number list support", "those that match, by number, name or agent"),
        ("/route-number show 555 0199", "who answers one number, the rules for it, and what is open for it"),
        ("/route-number pending", "what waits for approval, yours to decide first"),
        ("/route-number history", "the last changes"),
        ("/route-number history 555 0199", "those of one number"),
        ("/route-number show RN-12", "one change with its whole story"),
        ("/route-number policy", "the rules that hold: who may approve what, how many, and when"),
        ("/route-number help", "this"),
    ),
    "Administer": (
        ("/route-number pause the line is down", "stops all sending to UponAI and says why"),
        ("/route-number resume", "restarts it"),
    ),
}


def help_blocks() -> list[Block]:
    """Build the help, with examples."""
    return [rich_text(rich_line(text_run(HELP_TEXT))), *commands()]


def commands() -> list[Block]:
    """List what can be typed, group by group."""
    parts: list[Block] = []
    for group, lines in GROUPS.items():
        parts.append(rich_line(text_run(group, bold=True)))
        parts.append(
            rich_list([[text_run(example, code=True), text_run(f"  {meaning}")] for example, meaning in lines])
        )
    return [rich_text(*parts)]
