"""What Feast is told: entities, views and push sources of shoppers."""
