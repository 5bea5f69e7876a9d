"""Brings a shop's own data in: products, pictures, reviews, events and shoppers, through the contracts."""
