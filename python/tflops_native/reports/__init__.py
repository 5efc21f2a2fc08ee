"""Reports: counts and times joined per operator, as pure data."""
