"""Makes a release: reads the shop over its contracts, trains, and puts towers and vectors where they are served."""
