"""The community, and the ground that everything stands on."""
