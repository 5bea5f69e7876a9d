"""A shop that never was: products with pictures, shoppers with planted tastes, and the truth to measure against."""
