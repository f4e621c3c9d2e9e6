"""Keyword rules as admins keep them: versions, publishing, what fired."""
