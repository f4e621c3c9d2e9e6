"""Rooms: where people write about one topic."""
