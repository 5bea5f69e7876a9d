"""The ranker: a second look at the candidates that the towers found, at shopper and product together."""
