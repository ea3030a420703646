"""Slack's Web API: calls with one tree of errors, and what is asked about people and channels."""
