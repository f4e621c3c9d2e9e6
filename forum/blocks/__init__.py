"""Blocks: names that somebody would rather not read, or not be read by."""
