"""A package of its own: IPython 7 brings another `tests`, which would hide a folder."""
