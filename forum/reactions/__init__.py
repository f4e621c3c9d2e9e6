"""Reactions: a short sign to a writer that somebody has read, without words and without counts."""
