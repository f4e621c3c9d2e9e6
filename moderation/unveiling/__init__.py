"""Whether two names are one person: asked by one of the team, allowed by another, for a day."""
