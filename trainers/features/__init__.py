"""Training data from the feature views: what was known at each label's moment, and nothing of later."""
