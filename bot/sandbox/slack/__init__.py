"""A stand-in of Slack: one workspace with one installed app, on a port of this machine."""
