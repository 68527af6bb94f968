# SPDX-License-Identifier: Apache-2.0
"""The program of an item, in C."""

from __future__ import annotations

from collections.abc import Sequence


def source(name: str, steps: Sequence[int], room: int) -> str:
    """Tests by ``steps``, a buffer of ``room`` bytes, and a function ``name`` that writes to it."""
    tests = "".join(
        f"  if ((unsigned char)(data[{at}] - {f'data[{at - 1}]' if at else '0'}) != {step})"
        " return 0;\n"
        for at, step in enumerate(steps)
    )
    return (
        "#include <stdio.h>\n#include <stdlib.h>\n\n"
        f"__attribute__((noinline)) static void {name}(char *buffer, int at, char value) {{\n"
        "  buffer[at] = value;\n}\n\n"
        "int main(int argc, char **argv) {\n"
        "  unsigned char data[64] = {0};\n"
        '  FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;\n'
        "  if (!file) return 0;\n"
        f"  if (fread(data, 1, sizeof data, file) < {len(steps) + 1}) return 0;\n"
        "  fclose(file);\n"
        f"{tests}"
        f"  char *buffer = malloc({room});\n"
        f"  {name}(buffer, data[{len(steps)}], (char)data[{len(steps) + 1}]);\n"
        '  printf("%d\\n", buffer[0] & 1);\n'
        "  free(buffer);\n  return 0;\n}\n"
    )
