"""People: pseudonyms, passphrases, recovery codes, sessions."""
