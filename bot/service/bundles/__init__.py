"""Several numbers in one request: asked, decided, edited and expired together."""
