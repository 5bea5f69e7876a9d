"""The shop, over its contracts."""
