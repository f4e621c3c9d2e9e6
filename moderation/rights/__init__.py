"""What members can ask of their data: a copy, erasure, and what is kept for how long."""
