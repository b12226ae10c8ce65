"""Percent-encoded bytes that are not UTF-8."""

BROKEN_UTF_8 = (
    "%FF",
    "%C3",
    "a%C3b",
    "%80",
    "%C0%AF",  # an overlong slash
    "%C0%80",  # an overlong NUL
    "%E0%80%AF",
    "%ED%A0%80",  # a surrogate
    "%F4%90%80%80",  # past U+10FFFF
    "%F0%9F%8E",
    "%C3%28",
)
