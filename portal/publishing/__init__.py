"""What the public may see: folded from published log entries into tables of its own."""
