"""Several numbers in one request, through the whole app."""
