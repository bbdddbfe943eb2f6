"""The table as CSV by Mimesis: mimesis_csv.py ROWS FILE."""

import csv
import sys

from mimesis import Datetime, Generic, Locale
from table import CATEGORIES, HEADER, SHARES, active, price


def main(rows, path):
    generic = Generic(locale=Locale.EN, seed=1)
    person, text, random = generic.person, generic.text, generic.random
    days = Datetime(seed=1)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for row in range(1, rows + 1):
            words = text.words(quantity=6)
            writer.writerow(
                (
                    row,
                    generic.cryptographic.uuid(),
                    person.first_name(),
                    person.last_name(),
                    person.email(domains=["example.com", "example.net", "example.org"]),
                    random.choices(CATEGORIES, SHARES)[0],
                    price(random),
                    days.date(start=2020, end=2025).isoformat(),
                    active(random),
                    " ".join(words).capitalize() + ".",
                )
            )


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
