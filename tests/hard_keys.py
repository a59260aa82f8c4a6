"""Object keys that break clients which trim, normalize, decode or re-encode them."""

HARD_KEYS = (
    " leading and trailing spaces ",
    "plus+percent%hash#question?amp&equals=tilde~star*",
    "%2F%20%zz already encoded+",
    "quotes ' \" ` and $ ! ( ) [ ] { } | \\ ^ < > , ; : @",
    "/lead",
    "//double//inside//",
    "./dot/./inside/.",
    "a/../b/..",
    "trail/",
    "caf\u00e9 composed",
    "cafe\u0301 decomposed",
    "\u05e9\u05dc\u05d5\u05dd \u4f60\u597d \u0e01\u0e33",
    "emoji \U0001f3a3\U0001f469\u200d\U0001f680",
    "astral \U00010348 sorts after private use \ue000",
    "tab\tnewline\ncarriage\rbell\x07delete\x7f",
    "nbsp\u00a0bom\ufeffline\u2028",
    "k" * 1024,
    "\u20ac" * 341,
)

# It makes a slash of a backslash.
KEYS_AZURITE_HOLDS = tuple(key for key in HARD_KEYS if "\\" not in key)
