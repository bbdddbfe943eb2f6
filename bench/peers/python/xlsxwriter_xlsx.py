"""The table as a workbook by XlsxWriter in constant memory, its values made by the standard library: xlsxwriter_xlsx.py ROWS FILE."""

import random
import sys
import uuid
from datetime import datetime, timedelta

import xlsxwriter
from table import CATEGORIES, DOMAINS, HEADER, SHARES, words_of


def main(rows, path):
    draw = random.Random(1)
    first_names, last_names, words = words_of("first_names"), words_of("last_names"), words_of("words")
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    money, day = book.add_format({"num_format": "0.00"}), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("person")
    sheet.write_row(0, 0, HEADER)
    start = datetime(2020, 1, 1)
    for row in range(1, rows + 1):
        first, last = draw.choice(first_names), draw.choice(last_names)
        sheet.write_number(row, 0, row)
        sheet.write_string(row, 1, str(uuid.UUID(int=draw.getrandbits(128), version=4)))
        sheet.write_string(row, 2, first)
        sheet.write_string(row, 3, last)
        sheet.write_string(row, 4, f"{first}.{last}@{draw.choice(DOMAINS)}".lower())
        sheet.write_string(row, 5, draw.choices(CATEGORIES, SHARES)[0])
        sheet.write_number(row, 6, round(min(max(draw.gauss(100, 25), 1), 1000), 2), money)
        sheet.write_datetime(row, 7, start + timedelta(days=draw.randrange(2192)), day)
        if draw.random() >= 0.1:
            sheet.write_boolean(row, 8, draw.random() < 0.7)
        sheet.write_string(row, 9, " ".join(draw.choices(words, k=6)).capitalize() + ".")
    book.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
