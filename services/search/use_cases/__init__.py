"""What search does."""
