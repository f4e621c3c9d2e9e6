"""Care for the author: the card that a scan leaves, pinned resources, private check-ins."""
