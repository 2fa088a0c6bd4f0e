"""A package, so that no other `tests` on the path, such as that of IPython 7, hides it."""
