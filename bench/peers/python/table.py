"""What the Python programs share about the table of bench/ten_columns.yaml."""

from pathlib import Path

HEADER = ("id", "key", "first_name", "last_name", "email", "category", "price", "signed_on", "active", "note")
CATEGORIES = ("new", "open", "waiting for answer", "in progress", "closed")
SHARES = (30, 25, 15, 20, 10)
DOMAINS = ("example.com", "example.net", "example.org")


def price(random):
    return f"{min(max(random.gauss(100, 25), 1), 1000):.2f}"


def active(random):
    """A truth value, none in one row of ten."""
    if random.random() < 0.1:
        return None
    return "true" if random.random() < 0.7 else "false"


def words_of(name):
    """The first field of each line of one of the lists that the engine draws from."""
    folder = Path(__file__).resolve().parents[3] / "engine" / "data" / "en_US"
    lines = (folder / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t")[0] for line in lines]
