"""What the catalogue knows, without knowing where it is kept. Standard library only."""
