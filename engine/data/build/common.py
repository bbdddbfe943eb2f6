"""What the scripts that make the locale data share: reading and writing lists, folding names, distances."""

import math
import unicodedata
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent
LOCALES = ("en_US en_GB es_PE es_MX es_ES pt_BR fr_FR de_DE it_IT nl_NL pl_PL ja_JP zh_CN ko_KR hi_IN ar_SA").split()


def read(path):
    """Rows of a list; none where the file does not exist yet."""
    if not path.exists():
        return []
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]


def write(locale, name, rows):
    """Writes rows in the order given: UTF-8 in NFC, LF, tabs between fields."""
    text = "".join("\t".join(str(field) for field in row) + "\n" for row in rows)
    folder = DATA / locale
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.tsv").write_text(unicodedata.normalize("NFC", text), encoding="utf-8", newline="\n")


def fold(text):
    """Lower case without accents, by which spellings of one name are recognised."""
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))


def distance_km(a, b):
    """Distance of two points (latitude, longitude) on a sphere, equirectangular: good to a percent within a state."""
    x = math.radians(b[1] - a[1]) * math.cos(math.radians((a[0] + b[0]) / 2))
    return 6371 * math.hypot(x, math.radians(b[0] - a[0]))


def check(path, columns=None):
    """Holds a list to the form that all of them have."""
    text = path.read_text(encoding="utf-8")
    assert unicodedata.is_normalized("NFC", text) and "\r" not in text and text.endswith("\n"), path
    rows = read(path)
    assert len({len(row) for row in rows}) == 1, f"{path}: rows of different widths"
    assert columns is None or len(rows[0]) == columns, f"{path}: {len(rows[0])} fields"
    assert len({tuple(row) for row in rows}) == len(rows), f"{path}: a row twice"
    assert all(field == field.strip() for row in rows for field in row), f"{path}: a space at an edge"
    return rows
