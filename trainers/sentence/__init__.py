"""The sentence encoder: texts that mean the same are near each other, whatever their words."""
