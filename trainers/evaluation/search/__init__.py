"""Measures encoders the way a shop searches: by words, by pictures, on products that no encoder has learned from."""
