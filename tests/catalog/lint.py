"""ci/catalog-lint as a module: a program without .py in its name."""
import importlib.machinery
import importlib.util
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]


def _load():
    loader = importlib.machinery.SourceFileLoader("catalog_lint", str(TREE / "ci" / "catalog-lint"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("catalog_lint", loader))
    loader.exec_module(module)
    return module


LINT = _load()
