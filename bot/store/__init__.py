"""The database: schema, transactions, and every statement that the bot sends."""
