"""The record of what staff did and read: appended to, hash-chained, never changed."""
