"""Flags and reports, the cases they open, the queue, claims and decisions."""
