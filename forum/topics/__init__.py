"""Topics of content warnings: what a reader sees folded, open, or not in lists at all."""
