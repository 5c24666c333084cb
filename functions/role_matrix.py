"""`python -m functions.role_matrix`: writes docs/role-matrix.md from the routes of all blueprints."""

import importlib.util
import pkgutil
from pathlib import Path

import functions
from shared.web import openapi, role_matrix
from shared.web.routes import Route

PAGE = Path(__file__).parent.parent / "docs" / "role-matrix.md"


def all_routes() -> tuple[Route, ...]:
    """Of every folder that has a blueprint: importing one registers its routes."""
    for module in pkgutil.iter_modules(functions.__path__):
        blueprint = f"functions.{module.name}.blueprint"
        if module.ispkg and importlib.util.find_spec(blueprint):
            importlib.import_module(blueprint)
    return openapi.registered()


def main() -> None:
    PAGE.write_text(role_matrix.markdown(all_routes()), "utf-8")
    print(f"{PAGE.name}: {len(openapi.registered())} routes")


if __name__ == "__main__":
    main()
