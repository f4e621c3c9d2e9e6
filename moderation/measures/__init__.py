"""Measures: what staff do to posts, threads and accounts, told to the member in kind words."""
