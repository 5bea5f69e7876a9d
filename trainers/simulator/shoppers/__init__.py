"""Shoppers with planted tastes, and what they do in a catalogue."""
