"""Writes common/japanese.tsv: how the words and the parts of company names of ja_JP are written in Latin letters (Hepburn, without the signs
for long vowels, as in a passport). Needs pykakasi 2.3."""

import pathlib
import re

import pykakasi

DATA = pathlib.Path(__file__).parent.parent
# Readings that a word has by itself, where the dictionary gives that of a compound.
OWN = {"人": "hito", "年": "toshi", "日": "hi", "日本": "nihon", "ご飯": "gohan", "私": "watashi", "酒店": "sakaten"}
# Endings of shops and workshops.
ENDINGS = {"店": ("mise", "ten"), "所": ("tokoro", "sho")}


def texts():
    for line in (DATA / "ja_JP/words.tsv").read_text().splitlines():
        yield line.split("\t")[0]
    for line in (DATA / "ja_JP/company_words.tsv").read_text().splitlines():
        kind, text = line.split("\t")[:2]
        if kind in ("brand", "house", "trade"):
            yield text


def latin(reader, text):
    written = "".join(part["hepburn"] for part in reader.convert(text))
    for ending, (alone, behind) in ENDINGS.items():
        if text.endswith(ending) and len(text) > 1:
            written = re.sub(f"{alone}$", behind, written)
    written = re.sub("[^a-z]", "", OWN.get(text, written).lower())
    if "ー" in text:
        written = re.sub(r"([aiueo])\1", r"\1", written)
    return re.sub("uu", "u", re.sub("o[uo]", "o", written))


def main():
    reader = pykakasi.kakasi()
    found = {}
    for text in texts():
        if text not in found and (written := latin(reader, text)):
            found[text] = written
    rows = "".join(f"{text}\t{written}\n" for text, written in found.items())
    (DATA / "common/japanese.tsv").write_text(rows)


if __name__ == "__main__":
    main()
