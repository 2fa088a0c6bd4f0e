"""What shows, checks and explains the algorithm; the algorithm itself never imports
it.
"""
