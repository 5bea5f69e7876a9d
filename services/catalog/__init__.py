"""The catalogue: products, categories, stock, pictures and reviews."""
