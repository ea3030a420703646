"""What the bot is measured against, as a competent team would write it; each listens on PORT of the environment."""
