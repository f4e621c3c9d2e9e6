"""What members of a room know from their own life, where they wish to say so. No rank, no badge."""
