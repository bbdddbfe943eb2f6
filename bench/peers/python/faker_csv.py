"""The table as CSV by Python's Faker: faker_csv.py ROWS FILE."""

import csv
import sys
from datetime import date

from faker import Faker
from table import HEADER, SHARES, CATEGORIES, active, price


def main(rows, path):
    fake = Faker("en_US", use_weighting=False)
    fake.seed_instance(1)
    first, last = date(2020, 1, 1), date(2025, 12, 31)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for row in range(1, rows + 1):
            writer.writerow(
                (
                    row,
                    fake.uuid4(),
                    fake.first_name(),
                    fake.last_name(),
                    fake.safe_email(),
                    fake.random.choices(CATEGORIES, SHARES)[0],
                    price(fake.random),
                    fake.date_between(first, last).isoformat(),
                    active(fake.random),
                    fake.sentence(nb_words=6),
                )
            )


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
