"""What every page shares: headers, limits, errors, language, health, the quick exit."""
