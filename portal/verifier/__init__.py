"""The tool of strangers: it checks a copy of the log, and asks neither database nor portal."""
