"""Looking after the rooms: admins add and change them, leads read along."""
