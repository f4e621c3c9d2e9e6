"""Notices: what a member is told inside Teduh, and nowhere else."""
