"""Jobs: work that a page asks for and the worker does afterwards, once, whatever is killed."""
