"""Support groups as the team keeps them: what is done is recorded, what is erased is not lost."""
