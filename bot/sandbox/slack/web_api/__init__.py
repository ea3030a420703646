"""The Web API: its front with tokens, scopes and faults, and its methods."""
