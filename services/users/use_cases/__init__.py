"""What the users service does."""
