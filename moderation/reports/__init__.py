"""What members tell the team about a post, and how urgent it is."""
