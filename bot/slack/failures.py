"""What people are told when a request could not be done: a sentence in the place where they look (G8).

Nothing here writes a payload anywhere: it can hold what somebody typed.
"""

from typing import Any

from pydantic import ValidationError

from bot.domain.errors import DomainError, TurnedAway
from bot.slack.api.calls import SlackError, SlackMisconfigured, SlackRefused
from bot.slack.api.error_codes import TRIGGER_GONE
from bot.slack.block_kit.sentences import sentence_plain
from bot.slack.form import option_values
from bot.slack.listeners.replies import reply
from bot.slack.payload_parts import View
from bot.slack.payloads import BlockSuggestion, Command, Payload, ViewSubmission
from bot.store.errors import DatabaseUnavailable
from bot.uponai.errors import UponAIError

TOO_LATE = (
    "That took longer than Slack lets me take. Please try again in a moment: what was done already is not done twice."
)
_DATABASE = "My database does not answer right now. Nothing is lost: please try again in a moment."
_REFUSED = "Slack refuses what I wanted to show you ({}). Trying again does not help: please tell whoever runs me."
_SLACK = "Slack did not answer me just now. Please try again in a moment."
_TRIGGER = "That took too long, so Slack does not let me open the form any more. Please try again."
_BUG = "Something went wrong on my side, and it is in my log. Please try again, and tell whoever runs me if it stays."
_OLD_FORM = "I cannot read this form any more, it is older than I am. Please close it and open a new one."


def sentence_of(error: BaseException) -> str:
    """Say what went wrong, for people."""
    return _sentence_of_expected(error) or _BUG


def is_expected(error: BaseException) -> bool:
    """Say whether this is a far end's failure or a refusal, and no fault of the code."""
    return _sentence_of_expected(error) is not None


def _sentence_of_expected(error: BaseException) -> str | None:
    """Say what went wrong; None for what nobody foresaw: this is the list of what is expected."""
    match error:
        case TurnedAway():
            return str(error)
        case DatabaseUnavailable():
            return _DATABASE
        case SlackRefused() if error.error in TRIGGER_GONE:
            return _TRIGGER
        case SlackRefused():
            return _REFUSED.format(error.error)
        case SlackMisconfigured():
            return f"My Slack app is not set up right ({error.error}); please tell whoever runs me."
        case SlackError():
            return _SLACK
        case UponAIError():
            return f"UponAI does not do its part right now: {error}"
        case TimeoutError():
            return TOO_LATE
        case ValidationError():
            return _OLD_FORM
    return None


def failed_body(payload: Payload, error: BaseException) -> dict[str, Any] | None:
    """Return the answer that tells the person; None when another message has to, or nobody waits."""
    sentence = sentence_of(error)
    match payload:
        case Command():
            return reply(sentence, is_literal=not isinstance(error, DomainError))
        case ViewSubmission():
            block_id = _block_for_errors(payload.view)
            if block_id is None:
                return None
            return {"response_action": "errors", "errors": {block_id: sentence_plain(sentence)}}
        case BlockSuggestion():
            return {"options": [option_values.nothing(sentence_plain(sentence)).to_json()]}
    return None


def _block_for_errors(view: View) -> str | None:
    """Return the first input of a view: Number in the form, Reason behind Deny. What is typed stays there."""
    inputs = (block.get("block_id") for block in view.blocks if block.get("type") == "input")
    return next((str(block_id) for block_id in inputs if block_id), None)
