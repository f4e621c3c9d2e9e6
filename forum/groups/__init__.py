"""Support groups: a room with seats, an agreement of its own, facilitators and sessions."""
