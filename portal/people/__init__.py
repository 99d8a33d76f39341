"""Who signs in, and with which roles."""
