"""Kinds of numbers: how the program is asked for them, and what accepts them.

A kind whose name ends in `_invalid` must be refused. Validators are python-stdnum's and vininfo's; where they have none, a second
implementation of the published rule stands here.
"""

import re

from stdnum import luhn
from stdnum.br import cnpj, cpf
from stdnum.cn import ric, uscc
from stdnum.de import idnr
from stdnum.es import cif, dni, nie
from stdnum.fr import nir, tva
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
    "DE": idnr.is_valid,
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
