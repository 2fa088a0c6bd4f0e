"""The numbers of the bank, computed again: a module for each kind of entry, with
`NUMBERS`: an entry's name to a function that returns the texts its numbers must have.
"""
