"""Telephone numbers of every locale, asked of phonenumbers: where a dataset is not safe, every one could be dialled in its country."""

import csv
import subprocess
import tempfile
from pathlib import Path

import phonenumbers

LOCALES = """ar_SA de_DE en_GB en_US es_ES es_MX es_PE fr_FR hi_IN it_IT ja_JP ko_KR nl_NL pl_PL pt_BR zh_CN""".split()
KINDS = ("mobile", "landline")


def schema(locale, rows):
    lines = ["name: phones", "random_seed: 11", f"locale: {locale}", "safe: false", "tables:", "  - name: phones", f"    rows: {rows}", "    columns:"]
    lines += [f"      - {{name: {kind}, entity: {kind}, generator: {{type: phone, kind: {kind}}}}}" for kind in KINDS]
    return "\n".join(lines) + "\n"


def check_phones(binary, rows):
    """A line for each kind of a locale of which some number is none, or belongs to another country."""
    broken = []
    for locale in LOCALES:
        country = locale[3:]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "phones.yaml"
            path.write_text(schema(locale, rows), encoding="utf-8")
            subprocess.run([binary, "generate", path, "--format", "csv", "--out", f"{folder}/out/"], check=True)
            with open(Path(folder) / "out" / "phones.csv", encoding="utf-8", newline="") as file:
                made = list(csv.DictReader(file))
        for kind in KINDS:
            numbers = [row[kind] for row in made]
            wrong = [number for number in numbers if not phonenumbers.is_valid_number_for_region(phonenumbers.parse(number), country)]
            if wrong or len(numbers) != rows:
                broken.append(f"phone_{locale}_{kind}: {len(wrong)} of {len(numbers)} refused, such as {', '.join(wrong[:3])}")
    return broken
