"""The domain services and what they share. Services never import each other: they talk through their contracts."""
