"""Figures and diagrams, each with its text alternative."""
