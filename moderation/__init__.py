"""What reads posts for signs of risk and helps people act on them."""
