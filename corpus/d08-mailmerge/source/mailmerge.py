# SPDX-License-Identifier: Apache-2.0
"""Make a message for each record from a template. Nothing is sent; they are printed.

python3 mailmerge.py TEMPLATE RECORDS [--who]

The template is a header, an empty line and a body; "{field}" stands for a field of the record, see
fields.py. The records are JSON objects of texts, one a line. Each message has a line "To:" made of
the record's name and address, if it has both. Messages are printed one behind the other, behind a
line "--- N" each. With --who only the lines To, Cc and Bcc of their headers are printed, as whoever
delivers them reads them. Status 2 if the template is wrong; 1 if a record is, or lacks a field:
that one is reported on stderr, and the others are done.
"""

import sys
from pathlib import Path

from fields import FieldError
from message import Template, header
from records import RecordError, numbered, record

RECEIVERS = ("to", "cc", "bcc")


def shown(message: str, who: bool) -> str:
    """What is printed of a message."""
    if not who:
        return message
    return "\n".join(
        f"{name}: {value}" for name, value in header(message) if name.lower() in RECEIVERS
    )


def main(arguments: list[str]) -> int:
    """Print the messages."""
    who = arguments[2:] == ["--who"]
    if len(arguments) != 2 + who:
        print("usage: mailmerge.py TEMPLATE RECORDS [--who]", file=sys.stderr)
        return 2
    try:
        template = Template(Path(arguments[0]).read_text(encoding="utf-8"))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    status = 0
    with open(arguments[1], encoding="utf-8", errors="replace") as records:
        for number, line in numbered(records):
            try:
                message = template.message(record(line))
            except (RecordError, FieldError) as error:
                print(f"record {number}: {error}", file=sys.stderr)
                status = 1
                continue
            print(f"--- {number}\n{shown(message, who)}")
    return status


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace", newline="")
    raise SystemExit(main(sys.argv[1:]))
