"""Threads that a member follows: what is new in them, and a notice when somebody answers."""
