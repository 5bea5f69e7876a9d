"""The single process that keeps features, index and popularity up to date."""
