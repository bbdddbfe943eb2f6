"""Numbers that repeat what other columns of the row show."""

import csv
import subprocess
import tempfile
from pathlib import Path

from stdnum import damm, isbn, luhn, verhoeff
from stdnum.cn import ric
from stdnum.fr import nir
from stdnum.iso7064 import mod_97_10
from stdnum.it import codicefiscale
from stdnum.kr import rrn
from stdnum.mx import curp
from stdnum.pl import pesel

PEOPLE = """
name: people
random_seed: 5
locale: es_PE
tables:
  - name: people
    rows: {rows}
    columns:
      - {{name: gender, generator: {{type: gender, values: [F, M]}}}}
      - {{name: first_name, generator: {{type: first_name}}}}
      - {{name: last_name, generator: {{type: last_name}}}}
      - {{name: id, unique: true, generator: {{type: national_id, country: {country}}}}}
"""


def plain(name):
    """A name in capitals without accents; Ñ is written X."""
    return name.upper().translate(str.maketrans("ÁÉÍÓÚÜÑ", "AEIOUUX"))


def consonants(name):
    return [letter for letter in plain(name).replace("X", "N") if letter.isalpha() and letter not in "AEIOU"]


def italian_name(row):
    found = consonants(row["first_name"])
    return len(found) < 4 or row["id"][3:6] == found[0] + found[2] + found[3]


def mexican_name(row):
    surnames = plain(row["last_name"]).split()
    return row["id"][0] == surnames[0][0] or len(surnames) > 2


AGREES = {
    "MX": lambda row: curp.is_valid(row["id"]) and curp.get_gender(row["id"]) == row["gender"] and mexican_name(row),
    "IT": lambda row: codicefiscale.is_valid(row["id"])
    and codicefiscale.get_gender(row["id"]) == row["gender"]
    and italian_name(row),
    "PL": lambda row: pesel.is_valid(row["id"]) and pesel.get_gender(row["id"]) == row["gender"],
    "KR": lambda row: rrn.is_valid(row["id"]) and "FM"[int(row["id"][7]) % 2] == row["gender"],
    "CN": lambda row: ric.is_valid(row["id"]) and "FM"[int(row["id"][16]) % 2] == row["gender"],
    "FR": lambda row: nir.is_valid(row["id"]) and " MF"[int(row["id"][0])] == row["gender"],
}


CHECKED = """
name: checked
random_seed: 3
tables:
  - name: checked
    rows: {rows}
    columns:
      - {{name: base, generator: {{type: pattern, mask: "#########"}}}}
      - {{name: luhn, generator: {{type: check_digit, base: base}}}}
      - {{name: mod11, generator: {{type: check_digit, base: base, scheme: mod11}}}}
      - {{name: mod97, generator: {{type: check_digit, base: base, scheme: mod97}}}}
      - {{name: damm, generator: {{type: check_digit, base: base, scheme: damm}}}}
      - {{name: verhoeff, generator: {{type: check_digit, base: base, scheme: verhoeff}}}}
"""

# Nine digits with a check digit modulo eleven are an ISBN-10.
SCHEMES = {
    "luhn": luhn.is_valid,
    "mod11": lambda number: isbn.isbn_type(number) == "ISBN10",
    "mod97": mod_97_10.is_valid,
    "damm": damm.is_valid,
    "verhoeff": verhoeff.is_valid,
}


def rows_of(binary, name, text):
    """The rows of the only table of a schema."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        subprocess.run([binary, "generate", path, "--format", "csv", "--out", f"{folder}/out/"], check=True)
        with open(Path(folder) / "out" / f"{name}.csv", encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


def check_agreement(binary, rows):
    broken = []
    for country, agrees in AGREES.items():
        made = rows_of(binary, "people", PEOPLE.format(rows=rows, country=country))
        wrong = [row for row in made if not agrees(row)]
        if wrong:
            broken.append(f"people of {country}: {len(wrong)} of {len(made)} disagree, such as {wrong[0]}")
        if len({row["id"] for row in made}) != rows:
            broken.append(f"people of {country}: numbers repeat")
    made = rows_of(binary, "checked", CHECKED.format(rows=rows))
    for scheme, accepts in SCHEMES.items():
        wrong = [row[scheme] for row in made if not accepts(row[scheme]) or not row[scheme].startswith(row["base"])]
        if wrong or len(made) != rows:
            broken.append(f"check_digit {scheme}: {len(wrong)} of {len(made)} refused, such as {', '.join(wrong[:3])}")
    return broken
