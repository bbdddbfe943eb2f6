"""Numbers that repeat what other columns of the row show."""

import csv
import subprocess
import tempfile
from pathlib import Path

from stdnum.cn import ric
from stdnum.fr import nir
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


def check_agreement(binary, rows):
    broken = []
    for country, agrees in AGREES.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "people.yaml"
            path.write_text(PEOPLE.format(rows=rows, country=country), encoding="utf-8")
            subprocess.run([binary, "generate", path, "--format", "csv", "--out", f"{folder}/out/"], check=True)
            with open(Path(folder) / "out" / "people.csv", encoding="utf-8", newline="") as file:
                made = list(csv.DictReader(file))
        wrong = [row for row in made if not agrees(row)]
        if wrong:
            broken.append(f"people of {country}: {len(wrong)} of {len(made)} disagree, such as {wrong[0]}")
        if len({row["id"] for row in made}) != rows:
            broken.append(f"people of {country}: numbers repeat")
    return broken
