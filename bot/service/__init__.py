"""What the bot does, one verb a module: decisions, their record and their consequences."""
