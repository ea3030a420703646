"""The Slack side of the bot: what people type, press, fill in and read."""
