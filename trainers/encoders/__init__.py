"""What encoders of texts and pictures share: their data in a release, export, parity, quantisation, publishing."""
