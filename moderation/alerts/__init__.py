"""Reaching people: what waits unclaimed climbs a ladder until a human has seen it."""
