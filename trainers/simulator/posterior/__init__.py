"""What can be known of a shopper's taste from what was seen, by the simulation's own laws: a bound for every model."""
