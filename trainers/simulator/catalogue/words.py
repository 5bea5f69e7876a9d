"""Colours, styles and the words that products are described with."""

COLOURS: dict[str, str] = {
    "ivory": "#EFE6D5",
    "sand": "#D9C3A0",
    "camel": "#BE8F5C",
    "rust": "#B5562F",
    "terracotta": "#CC7250",
    "coral": "#EE7F6B",
    "blush": "#E9B7AE",
    "rose": "#CE6E86",
    "berry": "#93304F",
    "plum": "#5F3557",
    "lavender": "#A79BCB",
    "sky": "#8FBCDB",
    "cobalt": "#2F5DA8",
    "navy": "#27375A",
    "petrol": "#1F5E6B",
    "teal": "#2E8C86",
    "mint": "#A5D2BC",
    "sage": "#94A987",
    "olive": "#6F7440",
    "forest": "#2F5D46",
    "mustard": "#DBA637",
    "lemon": "#F0D264",
    "stone": "#A9A59C",
    "charcoal": "#414349",
    "chocolate": "#63432F",
}
"""As #RRGGBB, by the name that shoppers read."""

STYLES: dict[str, tuple[str, ...]] = {
    "minimal": ("ivory", "sand", "stone", "charcoal", "sage", "sky"),
    "classic": ("navy", "camel", "forest", "berry", "ivory", "charcoal"),
    "sporty": ("cobalt", "coral", "teal", "lemon", "charcoal", "mint"),
    "boho": ("terracotta", "rust", "mustard", "blush", "sand", "olive"),
    "playful": ("coral", "lemon", "mint", "lavender", "sky", "rose"),
    "retro": ("mustard", "teal", "rust", "olive", "petrol", "coral"),
    "elegant": ("plum", "berry", "petrol", "charcoal", "blush", "navy"),
    "rustic": ("chocolate", "camel", "sage", "olive", "terracotta", "stone"),
}
"""Styles, with the colours that they mostly come in."""

STYLE_SENTENCES: dict[str, str] = {
    "minimal": "Clean lines, nothing to distract.",
    "classic": "A shape that was right twenty years ago and will be in twenty more.",
    "sporty": "Made to move, and made to last while you do.",
    "boho": "Warm tones and the small irregularities of things made by hand.",
    "playful": "Bright, round and a little bit silly.",
    "retro": "A nod to the seventies, with everything under it of today.",
    "elegant": "Quiet luxury that shows in the details.",
    "rustic": "Honest materials that look better with age.",
}

MODELS: tuple[str, ...] = (
    "Alma", "Arlo", "Aster", "Avery", "Bay", "Benno", "Birk", "Bruna", "Calla", "Cove", "Dale", "Delia", "Edda",
    "Elio",
    "Ember", "Enzo", "Fable", "Fenn", "Flora", "Frida", "Gale", "Greta", "Hazel", "Hugo", "Ida", "Ines", "Isla",
    "Jonas",
    "Juno", "Kai", "Kira", "Lark", "Leo", "Liv", "Luca", "Lund", "Mara", "Mika", "Milo", "Moss", "Nell", "Nico", "Noor",
    "Nora", "Olin", "Orla", "Otis", "Paloma", "Pia", "Quinn", "Rafa", "Remy", "Rhea", "Robin", "Runa", "Sable", "Selma",
    "Silas", "Sol", "Suri", "Tala", "Theo", "Tilda", "Tove", "Una", "Vale", "Vera", "Vito", "Wilma", "Wren", "Yara",
    "Zeno",
)  # fmt: skip

PATTERN_WORDS: dict[str, str] = {
    "plain": "",
    "striped": "Striped",
    "checked": "Checked",
    "dotted": "Dotted",
    "floral": "Floral",
    "speckled": "Speckled",
    "two-tone": "Two-tone",
}

DEAR_MATERIALS: dict[str, float] = {
    "cashmere": 1.8, "alpaca": 1.3, "leather": 1.3, "suede": 1.25, "walnut": 1.25, "brass": 1.2, "copper": 1.25,
    "velvet": 1.15, "porcelain": 1.15, "titanium": 1.4, "recycled plastic": 0.85, "nylon": 0.85, "beech": 0.9,
    "matt plastic": 0.85, "cotton": 0.95,
}  # fmt: skip
"""What a material does to the price; 1 for the others."""
