"""The two towers: what is known of a product, and what a shopper did, as vectors that can be compared."""
