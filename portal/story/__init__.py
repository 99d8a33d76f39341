"""The year that the demo province lives through: its book, and the telling of it."""
