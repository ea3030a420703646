"""The ways in: the HTTP door, the socket, health and metrics."""
