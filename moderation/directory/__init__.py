"""Looking after the help directory: leads and admins check, change and add entries."""
