"""The crisis protocol on a case: steps, time line, and a second person who keeps company."""
