"""What a workspace holds: people, channels, messages, views, ids, triggers, and its snapshot."""
