"""What the recs service knows without the world around it: the standard library alone."""
