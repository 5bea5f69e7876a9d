"""What is known of a JPEG's segments, for whoever walks them (ITU T.81 B.1.1)."""

import re

FILL = re.compile(rb"\xff+")
"""In front of a marker, as many as the encoder likes."""
STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a segment behind them."""
MOST_SEGMENTS = 1_000
"""Segments of a JPEG: 8 MiB of full ones are 128, and a progressive one has tens of scans with a table or two each."""
EOI, SOS = 0xD9, 0xDA
