"""What people do in the client: commands, presses, entries, submissions."""
