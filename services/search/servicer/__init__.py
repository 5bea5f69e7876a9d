"""Between contract and use cases."""
