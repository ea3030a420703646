"""Changes that were made outside of the bot: found beside the mirror's writes, told once, put back or kept."""
