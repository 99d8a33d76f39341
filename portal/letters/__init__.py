"""Letters to those who work with the portal: what waits for them, what became of it."""
