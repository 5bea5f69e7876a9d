"""How soon somebody, or something, that came a moment ago is recommended well."""
