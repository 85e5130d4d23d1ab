"""What schemathesis must know of camille: how a well-formed API key is made (docs/protocol.md)."""

import zlib

import schemathesis
from hypothesis import strategies as st

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def with_checksum(head):
    rest, digits = zlib.crc32(head.encode()), ""
    for _ in range(6):
        rest, digit = divmod(rest, 62)
        digits = DIGITS[digit] + digits
    return head + digits


def text(length):
    return st.text(alphabet=DIGITS, min_size=length, max_size=length)


schemathesis.openapi.format(
    "camille-key",
    st.builds(lambda name, secret: with_checksum(f"cml_{name}_{secret}"), text(8), text(43)),
)
