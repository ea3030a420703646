"""How requests reach the app, over signed HTTP or a socket, and how its answers come back."""
