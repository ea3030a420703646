"""The commands of `route-number`, and how everything is wired."""
