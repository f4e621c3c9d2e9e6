"""Backups: one file that holds the whole database, sealed if the operator wants it so."""
