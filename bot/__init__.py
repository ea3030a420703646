"""A bot that routes a voice agent's phone numbers from Slack, with a second person's approval."""
