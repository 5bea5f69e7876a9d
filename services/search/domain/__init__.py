"""What search knows without the world around it: the standard library alone."""
