"""Reports: what a month, a quarter or a year came to, told from the published log alone."""
