# SPDX-License-Identifier: Apache-2.0
"""Work out a recipe's amounts.

python3 recipes.py RECIPE

Status 2 if a line of the recipe is not in the language, which `recipe` describes.
"""

import sys
from pathlib import Path

from recipe import Recipe, RecipeError


def main() -> int:
    """Obey the recipe's lines in order."""
    if len(sys.argv) != 2:
        print("usage: recipes.py RECIPE", file=sys.stderr)
        return 2
    recipe = Recipe()
    lines = Path(sys.argv[1]).read_text(errors="replace").splitlines()
    for number, line in enumerate(lines, 1):
        try:
            for amount in recipe.obey(line.strip()):
                print(amount)
        except RecipeError as error:
            print(f"recipes: line {number}: {error}", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
