# SPDX-License-Identifier: Apache-2.0
"""The language of recipes, one command a line.

    set NAME NUMBER
    let NAME = EXPRESSION
    show EXPRESSION
    when CONDITION show EXPRESSION

An expression has numbers, names, + - * / and parentheses, and the functions min, max and round;
a condition is one comparison of expressions (< <= > >= == !=), or an expression that is not nought.
"""

from dataclasses import dataclass, field

Values = dict[str, float]

FUNCTIONS = {"min": min, "max": max, "round": round}


class RecipeError(Exception):
    """A line that is not in the language."""


def number(text: str) -> float:
    """A number as it is written."""
    try:
        return float(text)
    except ValueError as error:
        raise RecipeError(f"{text!r} is not a number") from error


def calculate(expression: str, values: Values) -> float:
    """The value of an expression."""
    try:
        value = eval(expression, dict(FUNCTIONS), values)
    except Exception as error:
        raise RecipeError(f"can't work out {expression!r}") from error
    if not isinstance(value, int | float):
        raise RecipeError(f"{expression!r} is not a number")
    return value


def holds(condition: str, values: Values) -> bool:
    """Whether a condition holds."""
    try:
        return bool(eval(condition, dict(FUNCTIONS), values))
    except Exception as error:
        raise RecipeError(f"can't decide {condition!r}") from error


@dataclass
class Recipe:
    """The amounts known so far."""

    values: Values = field(default_factory=dict)

    def obey(self, line: str) -> list[str]:
        """Obey one line; what it shows."""
        verb, _, rest = line.partition(" ")
        rest = rest.strip()
        if not line or line.startswith("#"):
            return []
        if verb == "set":
            self.keep(*rest.partition(" ")[::2])
            return []
        if verb == "let" and "=" in rest:
            name, _, expression = rest.partition("=")
            self.keep(name.strip(), calculate(expression.strip(), self.values))
            return []
        if verb == "show":
            return [f"{calculate(rest, self.values):g}"]
        if verb == "when" and " show " in rest:
            condition, _, expression = rest.partition(" show ")
            if holds(condition.strip(), self.values):
                return [f"{calculate(expression.strip(), self.values):g}"]
            return []
        raise RecipeError("unknown command")

    def keep(self, name: str, value: str | float) -> None:
        """Give a name a value."""
        if not name.isidentifier() or name in FUNCTIONS:
            raise RecipeError(f"{name!r} is not a name")
        self.values[name] = number(value) if isinstance(value, str) else value
