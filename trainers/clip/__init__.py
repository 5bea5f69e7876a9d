"""CLIP for a shop: a picture tower and a text tower that put a product's picture beside what is said of it."""
