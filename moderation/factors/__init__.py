"""The second step of staff: codes of an app, passkeys, and a fresh start that takes two admins."""
