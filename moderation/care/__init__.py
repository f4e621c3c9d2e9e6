"""Care for the author: the card that a scan leaves, resources pinned by a moderator."""
