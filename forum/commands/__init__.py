"""What an operator types: `teduh` and its subcommands."""
