"""The page behind which people sit: what it shows, what it sends, its control panel."""
