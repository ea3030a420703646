"""Who this bot is in its workspace, as auth.test told."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The installation: its team, its bot."""

    team_id: str
    bot_user_id: str
    bot_id: str
    team_name: str
