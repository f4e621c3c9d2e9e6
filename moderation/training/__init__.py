"""What volunteers learn before they answer: lessons, tests, practice cases, certificates."""
