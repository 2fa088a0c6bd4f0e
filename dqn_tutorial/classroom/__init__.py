"""What shows, checks and explains the algorithm; the algorithm itself never imports
it.
"""

from pathlib import Path

PACKAGE = Path(__file__).parent.parent
INSIDE = PACKAGE / "notebooks"  # in a wheel; in a checkout they lie beside the package
RELEASE = INSIDE if INSIDE.exists() else PACKAGE.parent / "notebooks"
