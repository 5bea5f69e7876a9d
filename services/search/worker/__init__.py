"""The single process that keeps the vector collections, and what is popular, up to date."""
