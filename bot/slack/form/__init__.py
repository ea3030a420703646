"""The modal “Route a number”: what it asks, shows, reads and refuses."""
