"""The first decisions of somebody new, looked at together."""
