# SPDX-License-Identifier: Apache-2.0
"""invoice.py FILE: the totals of a file's invoices.

    item nut 5
    item bolt 7
    bundle pair nut bolt
    invoice A pair*2 nut

prints `A: 0.29`. Items and bundles may come in any order, invoices are computed at the end. What
cannot be computed ends the program with status 2; the totals before it are printed.
"""

import pathlib
import sys

import catalogue


def read(text: str) -> tuple[catalogue.Catalogue, list[list[str]]]:
    """The catalogue of a file and its invoices, each as words."""
    found = catalogue.Catalogue()
    invoices = []
    for line in text.splitlines():
        match line.split():
            case []:
                pass
            case ["item", name, cents]:
                found.add_item(name, cents)
            case ["bundle", name, *parts] if parts:
                found.add_bundle(name, parts)
            case ["invoice", *words] if len(words) > 1:
                invoices.append(words)
            case _:
                raise catalogue.CatalogueError(f"not understood: {line}")
    return found, invoices


def total(found: catalogue.Catalogue, words: list[str]) -> int:
    """The cents of an invoice's lines together."""
    return sum(count * found.price(name) for name, count in catalogue.parts_of(words))


def main(arguments: list[str]) -> int:
    """Run the command; the status is 0 or 2."""
    if len(arguments) != 1:
        print("usage: invoice.py FILE", file=sys.stderr)
        return 2
    try:
        found, invoices = read(pathlib.Path(arguments[0]).read_text(encoding="utf-8"))
        for number, *words in invoices:
            cents = total(found, words)
            print(f"{number}: {cents // 100}.{cents % 100:02}", flush=True)
    except (OSError, UnicodeError, catalogue.CatalogueError) as problem:
        print(f"invoice: {problem}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
