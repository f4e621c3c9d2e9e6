"""The people at the desk: their shifts, what they are spared, and what they leave to others."""
