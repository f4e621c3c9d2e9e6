"""Drafts: what somebody keeps for themselves before they send it."""
