"""`policy check` and `policy explain`: the policy file looked through, and what it means for one number."""
