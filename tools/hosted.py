"""Give every notebook what it needs in Colab: a link that opens it there, and a first
cell that installs the package.

Both need a public address: `Repository` under `[project.urls]` in pyproject.toml, which
has the tag `v` and the version. Until it is set there are neither; run this after it
was set or changed, then `make notebooks`.
"""

import tomllib
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell

ROOT = Path(__file__).parent.parent
INSTALL = """# Only where the package is missing, as in Colab.
try:
    import dqn_tutorial
except ModuleNotFoundError:
    %pip install --quiet "dqn-tutorial[classroom] @ git+{address}@{revision}"
"""
LINK = (
    "[Open in Colab](https://colab.research.google.com/github/{path}/blob/{revision}"
    "/notebooks/{name})"
)


def give_cells(notebook: Any, name: str, address: str, revision: str) -> None:
    """Put the link and the installing cell behind the title, or take them away where
    the address is empty.

    Args:
        notebook: changed in place.
        name: of its file.
        address: of the repository, as `https://github.com/OWNER/NAME`.
        revision: a tag of it.

    Raises:
        ValueError: an address that is no such repository.
    """
    cells = [cell for cell in notebook.cells if not cell.id.startswith("hosted-")]
    if address:
        path = address.removeprefix("https://github.com/")
        if path == address or path.count("/") != 1:
            raise ValueError(
                f"Repository = {address!r}: it must be https://github.com/OWNER/NAME"
            )
        words = {"address": address, "revision": revision, "path": path, "name": name}
        cells[1:1] = [
            new_markdown_cell(LINK.format(**words), id="hosted-link"),
            new_code_cell(INSTALL.format(**words).strip(), id="hosted-install"),
        ]
    notebook.cells = cells


def main() -> None:
    """Do so for every notebook."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    address = project.get("urls", {}).get("Repository", "")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, 4)
        give_cells(notebook, path.name, address, f"v{project['version']}")
        nbformat.write(notebook, path)


if __name__ == "__main__":
    main()
