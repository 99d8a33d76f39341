"""Record, order, sign, publish, prove, verify; this package does not know what a fund is."""
