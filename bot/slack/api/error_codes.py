"""Slack's codes for what went wrong, by what follows from them. The words for people stand with the messages."""

# A fault of the installation: an operator must look.
NO_SCOPE = "missing_scope"
MISCONFIGURED = frozenset(
    {
        "account_inactive",
        "app_missing_action_url",
        "invalid_auth",
        NO_SCOPE,
        "not_allowed_token_type",
        "not_authed",
        "token_expired",
        "token_revoked",
    }
)
# A trouble of Slack's own, after which nobody knows what was done.
TRANSIENT = frozenset(
    {
        "fatal_error",
        "internal_error",
        "org_login_required",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
    }
)
RATE_LIMITED = frozenset({"ratelimited", "rate_limited"})

# https://docs.slack.dev/reference/methods/chat.postMessage and chat.update: one channel takes no message of the bot's.
NO_CHANNEL = frozenset(
    {
        "access_denied",
        "cannot_reply_to_message",
        "channel_is_archived",
        "channel_not_found",
        "ekm_access_denied",
        "is_archived",
        "is_inactive",
        "no_permission",
        "not_in_channel",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_locked",
        "restricted_action_thread_only_channel",
        "team_access_not_granted",
        "thread_locked",
    }
)
# Slack will never take these words or blocks: something plainer is shown in their place.
UNSHOWABLE = frozenset(
    {
        "invalid_arguments",
        "invalid_blocks",
        "invalid_blocks_format",
        "metadata_too_large",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "too_many_blocks",
    }
)
# What stands there, if anything does, cannot be brought to show the state.
CARD_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
THREAD_GONE = "thread_not_found"

# Nobody in the workspace has this id.
UNKNOWN_PEOPLE = frozenset({"user_not_found", "user_not_visible"})

# A form can no longer be opened, was closed, or is newer than what was to be shown in it.
TRIGGER_GONE = frozenset({"expired_trigger_id", "exchanged_trigger_id", "trigger_expired", "trigger_exchanged"})
VIEW_GONE = "not_found"
VIEW_IS_NEWER = "hash_conflict"

# Socket Mode is switched off in the app's settings.
SOCKET_SWITCHED_OFF = "link_disabled"
