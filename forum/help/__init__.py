"""Help: the directory of lines and places, and the pages about limits."""
