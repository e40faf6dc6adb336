"""What careless and hostile clients send. None of it may be answered by a 5xx."""

import json
from urllib.parse import quote

MARKER = "no-answer-repeats-me"

# Bodies for an endpoint that takes a JSON object, by what is wrong with each.
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "blank": b"  \n",
    "text": MARKER.encode(),
    "half an object": b'{"title": "' + MARKER.encode(),
    "JSON null": b"null",
    "a number": b"42",
    "a string": json.dumps(MARKER).encode(),
    "a list": json.dumps([MARKER]).encode(),
    "an empty object in a list": b"[{}]",
    "NaN": b"NaN",
    "invalid UTF-8": b'{"title": "\xff\xfe"}',
    "nested 100,000 deep": b"[" * 100_000,
    "nested objects": b'{"title":' * 20_000,
    "a number of 10,000 digits": b"9" * 10_000,
    "a form": b"title=x&body=y",
    "NUL bytes": b"\0" * 8,
}

# A readable object in an encoding that the contract does not promise to read.
ODD_ENCODINGS = ["utf-16", "utf-32", "utf-8-sig"]

# JSON values that are no text, as the bytes of a JSON document: Python's json would refuse to write some of them.
NOT_TEXT: dict[str, bytes] = {
    "null": b"null",
    "a whole number": b"12345678",
    "a fraction": b"1.5",
    "a boolean": b"true",
    "a list": b'["text"]',
    "an object": b'{"text": "text"}',
    "a huge number": b"1e999",
    "10,000 digits": b"9" * 10_000,
    "NaN": b"NaN",
    "infinity": b"-Infinity",
}

# Text that cannot be stored as sent, escaped as JSON allows.
NOT_STORABLE: dict[str, bytes] = {
    "a NUL": rb'"no-answer-repeats-me\u0000"',
    "NULs alone": rb'"\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000"',
    "half of a surrogate pair": rb'"no-answer-repeats-me\ud800"',
    "the other half": rb'"no-answer-repeats-me\udc00"',
    "a surrogate pair, swapped": rb'"no-answer-repeats-me\udc00\ud800"',
}

# Names of fields that no endpoint knows. An answer that names the field has to be able to write it.
UNKNOWN_FIELDS: dict[str, bytes] = {
    "a plain name": b'"nickname"',
    "an id": b'"id"',
    "an author": b'"author_id"',
    "no name": b'""',
    "a NUL": rb'"\u0000"',
    "half of a surrogate pair": rb'"\ud800"',
    "a slash and a tilde": b'"a/b~c"',
    "10,000 characters": b'"' + b"n" * 10_000 + b'"',
}

CONTENT_TYPES = [
    "text/plain",
    "text/html; charset=utf-8",
    "application/xml",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "json",
    ";",
    "application/json/json",
]

# Ids in a path that are no row's id.
IDS: dict[str, str] = {
    "zero": "0",
    "negative": "-1",
    "a word": "latest",
    "a fraction": "1.5",
    "an exponent": "1e3",
    "hexadecimal": "0x10",
    "signed": "+1000000000",
    "beyond 32 bits": str(2**31),
    "the largest of 64 bits": str(2**63 - 1),
    "beyond 64 bits": str(2**63),
    "beyond 64 bits, negative": str(-(2**63) - 1),
    "5,000 digits": "9" * 5_000,
    "a NUL": "%00",
    "a NUL after a digit": "1%00",
    "invalid UTF-8": "%ff",
    "half of a surrogate pair": "%ed%a0%80",
    "an emoji": "%f0%9f%98%80",
    "a quote": "1'%20OR%20'1'='1",
    "an escaped slash": "1%2f2",
}


def written_otherwise(row_id: int) -> dict[str, str]:
    """A row's own id in other ways that Python's `int` takes, or nearly: in a path, each is another resource's name."""
    digits = str(row_id)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in digits)
    return {
        "with a plus": f"+{digits}",
        "with a leading zero": f"0{digits}",
        "with a fraction": f"{digits}.0",
        "with an underscore": f"{digits[0]}_{digits[1:] or 0}",
        "with a space before": f"%20{digits}",
        "with a space after": f"{digits}%20",
        "with a line end": f"{digits}%0A",
        "with an ideographic space": f"%E3%80%80{digits}",
        "in full-width digits": quote(wide),
        "in quotes": f"%22{digits}%22",
        "with a slash behind": f"{digits}/",
    }


# Whole numbers of a query that are none, or out of every range.
NUMBERS: dict[str, str] = {
    "a word": MARKER,
    "nothing": "",
    "a fraction": "1.5",
    "an exponent": "1e1",
    "negative": "-1",
    "beyond 64 bits": str(2**63),
    "5,000 digits": "9" * 5_000,
    "a NUL": "%00",
    "a NUL after a digit": "1%00",
    "invalid UTF-8": "%ff",
    "a list": "1,2",
    "true": "true",
}

METHODS = ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "POST"]
