"""Stand-ins of Slack and UponAI for the demo and the tests; imports nothing else of the bot."""
