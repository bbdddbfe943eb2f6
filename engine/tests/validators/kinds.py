"""Kinds of numbers: how the program is asked for them, and what accepts them.

A kind whose name ends in `_invalid` must be refused. Validators are python-stdnum's and vininfo's; where they have none, a second
implementation of the published rule stands here.
"""

import re

import vininfo
from stdnum import bic, ean, iban, imei, isbn, isin, lei, luhn
from stdnum.br import cnpj, cpf
from stdnum.cn import ric, uscc
from stdnum.de import vat as german_vat
from stdnum.es import cif, dni, nie
from stdnum.fr import nir, siren, siret, tva
from stdnum.gb import utr
from stdnum.in_ import aadhaar, gstin
from stdnum.it import codicefiscale, iva
from stdnum.jp import cn as corporate_number
from stdnum.jp import in_ as my_number
from stdnum.kr import brn, rrn
from stdnum.mx import curp, rfc
from stdnum.nl import bsn, btw
from stdnum.pe import cui, ruc
from stdnum.pl import nip, pesel
from stdnum.us import ein, ssn


def nino(number):
    """HMRC, National Insurance Manual NIM39110."""
    number = number.replace(" ", "")
    if not re.fullmatch(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]", number):
        return False
    return number[:2] not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")


def personalausweis(number):
    """ICAO 9303: letters count from 10, weights 7, 3, 1, the last digit of the sum."""
    if not re.fullmatch(r"[LMNPRTVWXY][0-9CFGHJKLMNPRTVWXYZ]{8}[0-9]", number):
        return False
    total = sum(int(mark, 36) * (7, 3, 1)[place % 3] for place, mark in enumerate(number[:9]))
    return total % 10 == int(number[9])


def saudi_id(number):
    """Ministry of Interior: 1 or 2, ten digits, Luhn."""
    return re.fullmatch(r"[12][0-9]{9}", number) and luhn.is_valid(number)


def saudi_vat(number):
    """ZATCA, electronic invoices, rule BR-KSA-40."""
    return re.fullmatch(r"3[0-9]{13}3", number)


def spanish(number):
    return dni.is_valid(number) or nie.is_valid(number)


def korean_business(number):
    """National Tax Service: weights 1, 3, 7 in turn and 5, whose product counts with its tens; python-stdnum checks no digit."""
    digits = [int(digit) for digit in brn.compact(number)]
    total = sum(digit * weight for digit, weight in zip(digits, (1, 3, 7, 1, 3, 7, 1, 3, 5))) + digits[8] * 5 // 10
    return brn.is_valid(number) and (total + digits[9]) % 10 == 0


def rfc_checked(number):
    return rfc.is_valid(number, validate_check_digits=True)


NATIONAL = {
    "BR": cpf.is_valid,
    "CN": ric.is_valid,
    "DE": personalausweis,
    "ES": spanish,
    "FR": nir.is_valid,
    "GB": nino,
    "IN": aadhaar.is_valid,
    "IT": codicefiscale.is_valid,
    "JP": my_number.is_valid,
    "KR": rrn.is_valid,
    "MX": curp.is_valid,
    "NL": bsn.is_valid,
    "PE": cui.is_valid,
    "PL": pesel.is_valid,
    "SA": saudi_id,
    "US": ssn.is_valid,
}

TAX = {
    "BR": cnpj.is_valid,
    "CN": uscc.is_valid,
    "DE": german_vat.is_valid,
    "ES": cif.is_valid,
    "FR": tva.is_valid,
    "GB": utr.is_valid,
    "IN": gstin.is_valid,
    "IT": iva.is_valid,
    "JP": corporate_number.is_valid,
    "KR": korean_business,
    "MX": rfc_checked,
    "NL": btw.is_valid,
    "PE": ruc.is_valid,
    "PL": nip.is_valid,
    "SA": saudi_vat,
    "US": ein.is_valid,
}

KINDS = {}
for generator, validators in (("national_id", NATIONAL), ("tax_id", TAX)):
    for country, accepts in validators.items():
        for space in ("valid", "invalid"):
            asked = f"{{type: {generator}, country: {country}, space: {space}}}"
            KINDS[f"{generator}_{country.lower()}_{space}"] = (asked, accepts)


BANKS = """AD AE AL AT AZ BA BE BG BH BI BR BY CH CR CY CZ DE DJ DK DO EE EG ES FI FK FO FR GB GE GI GL GR GT HR HU IE IL IQ IS IT JO KW
KZ LB LC LI LT LU LV LY MC MD ME MK MN MR MT MU NI NL NO OM PK PL PS PT QA RO RS SA SC SE SI SK SM SO ST SV TL TN TR UA VA VG""".split()


def weights(number, factors, modulus):
    return sum(int(digit) * factor for digit, factor in zip(number, factors)) % modulus


def seven_three_one(number):
    return sum(int(digit) * (7, 3, 1)[place % 3] for place, digit in enumerate(reversed(number))) % 10


def by_97(number):
    return int(number) % 97 == 1


def french_key(bban):
    return (89 * int(bban[:5]) + 15 * int(bban[5:10]) + 3 * int(bban[10:21]) + int(bban[21:])) % 97 == 0


def italian_letter(bban):
    odd = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
    return sum(odd[int(mark)] if place % 2 == 0 else int(mark) for place, mark in enumerate(bban[1:])) % 26 == ord(bban[0]) - 65


def hybrid(number):
    state = 10
    for digit in number[:-1]:
        state = (state + int(digit)) % 10 or 10
        state = state * 2 % 11
    return (state + int(number[-1])) % 10 == 1


# Check digits of the banks of a country, inside of the IBAN; python-stdnum has those of BE, ES, ME and NO.
INNER = {
    "BA": by_97,
    "CZ": lambda bban: weights(bban[10:], (6, 3, 7, 9, 10, 5, 8, 4, 2, 1), 11) == 0,
    "EE": lambda bban: (seven_three_one(bban[2:15]) + int(bban[15])) % 10 == 0,
    "FI": luhn.is_valid,
    "FR": french_key,
    "HR": lambda bban: hybrid(bban[:7]) and hybrid(bban[7:]),
    "HU": lambda bban: weights(bban[:8], (9, 7, 3, 1) * 2, 10) == 0 == weights(bban[8:], (9, 7, 3, 1) * 4, 10),
    "IT": italian_letter,
    "MC": french_key,
    "MK": by_97,
    "PL": lambda bban: weights(bban[:8], (3, 9, 7, 1, 3, 9, 7, 1), 10) == 0,
    "PT": by_97,
    "RS": by_97,
    "SI": by_97,
    "SK": lambda bban: weights(bban[10:], (6, 3, 7, 9, 10, 5, 8, 4, 2, 1), 11) == 0,
    "SM": italian_letter,
    "TL": by_97,
}


def bank_account(country):
    inner = INNER.get(country, lambda bban: True)
    return lambda number: number[:2] == country and iban.is_valid(number) and inner(number[4:])


for country in BANKS:
    for space in ("valid", "invalid"):
        KINDS[f"iban_{country.lower()}_{space}"] = (f"{{type: iban, country: {country}, space: {space}}}", bank_account(country))


def cusip(number):
    total = 0
    for place, mark in enumerate(number[:8]):
        product = int(mark, 36) * (2 if place % 2 else 1)
        total += product // 10 + product % 10
    return (total + int(number[8])) % 10 == 0


def sedol(number):
    return sum(int(mark, 36) * weight for mark, weight in zip(number, (1, 3, 1, 7, 3, 9, 1))) % 10 == 0


SECURITIES = {"US": cusip, "CA": cusip, "GB": lambda number: sedol(number[2:]), "DE": lambda number: number[:3] == "000", "PE": str, "JP": str}
for country, inner in SECURITIES.items():
    KINDS[f"isin_{country.lower()}"] = (
        f"{{type: isin, country: {country}}}",
        lambda number, country=country, inner=inner: isin.is_valid(number) and number[:2] == country and inner(number[2:11]),
    )
KINDS["lei"] = ("{type: lei}", lei.is_valid)
KINDS["bic"] = ("{type: bic, country: DE}", lambda number: bic.is_valid(number) and number[4:6] == "DE")
KINDS["ean_13"] = ("{type: ean}", lambda number: ean.is_valid(number) and len(number) == 13)
KINDS["ean_8"] = ("{type: ean, length: 8}", lambda number: ean.is_valid(number) and len(number) == 8)
KINDS["isbn"] = ("{type: ean, of: book}", lambda number: isbn.is_valid(number) and isbn.isbn_type(number) == "ISBN13")
for space in ("valid", "invalid"):
    KINDS[f"siren_{space}"] = (f"{{type: tax_id, kind: siren, space: {space}}}", siren.is_valid)
    KINDS[f"siret_{space}"] = (f"{{type: tax_id, kind: siret, space: {space}}}", siret.is_valid)
KINDS["imei"] = ("{type: imei}", imei.is_valid)


def vin(number):
    return vininfo.Vin(number).verify_checksum()


for space in ("valid", "invalid"):
    KINDS[f"vin_{space}"] = (f"{{type: vin, space: {space}}}", vin)

# Prefixes and lengths by ISO/IEC 7812 and the networks' own pages.
CARDS = {
    "Visa": r"4[0-9]{15}",
    "Mastercard": r"(5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}",
    "American Express": r"3[47][0-9]{13}",
    "Discover": r"(6011|64[4-9][0-9]|65[0-9]{2})[0-9]{12}",
    "Diners Club": r"3(0[0-5]|[68][0-9])[0-9]{11}",
    "JCB": r"35(2[89]|[3-8][0-9])[0-9]{12}",
    "UnionPay": r"62[0-9]{14}",
}
for network, shape in CARDS.items():
    for space in ("test", "valid", "invalid"):
        name = re.sub(r"\W", "_", network.lower())
        KINDS[f"card_{name}_{space}"] = (
            f"{{type: credit_card_number, network: {network}, space: {space}}}",
            lambda number, shape=shape: re.fullmatch(shape, number) and luhn.is_valid(number),
        )

# Current series of private cars' plates, by each country's own rules.
PLATES = {
    "BR": r"[A-Z]{3}[0-9][A-Z][0-9]{2}",
    "CN": r"[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新][A-HJ-NP-Z]·[0-9A-HJ-NP-Z]{5}",
    "DE": r"[A-ZÄÖÜ]{1,3}-[A-Z]{1,2} [1-9][0-9]{0,3}",
    "ES": r"[0-9]{4} [BCDFGHJKLMNPRSTVWXYZ]{3}",
    "FR": r"(?!SS|WW)[A-HJ-NP-TV-Z]{2}-(?!000)[0-9]{3}-(?!SS)[A-HJ-NP-TV-Z]{2}",
    "GB": r"[A-HJ-PR-Y]{2}(0[2-9]|[1257][0-9]|6[0-9]) [A-HJ-PR-Z]{3}",
    "IN": r"[A-Z]{2} [0-9]{2} [A-HJ-NP-Z]{2} (?!0000)[0-9]{4}",
    "IT": r"[A-HJ-NPR-TV-Z]{2} [0-9]{3} [A-HJ-NPR-TV-Z]{2}",
    "JP": r"[一-龠]{2} [35][0-9]{2} [ぁ-ん] [1-9][0-9]-[0-9]{2}",
    "KR": r"[1-6][0-9]{2}[가-힣] [1-9][0-9]{3}",
    "MX": r"[A-HJ-NPR-Z]{3}-(?!000)[0-9]{3}-[A-HJ-NPR-Z]",
    "NL": r"[A-Z]-[0-9]{3}-[BDFGHJKLNPRSTVXZ]{2}",
    "PE": r"[A-Z][A-Z0-9][A-Z]-(?!000)[0-9]{3}",
    "PL": r"[A-Z]{2} [0-9]{5}",
    "SA": r"[ABDEGHJKLNRSTUVXZ]{3} [0-9]{4}",
    "US": r"[A-HJ-NPR-Z]{3}-[0-9]{4}",
}
for country, shape in PLATES.items():
    KINDS[f"plate_{country.lower()}"] = (
        f"{{type: license_plate, country: {country}}}",
        lambda number, shape=shape: re.fullmatch(shape, number),
    )
