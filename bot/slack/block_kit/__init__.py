"""The parts of messages and views, their limits, and how words of others are shown."""
