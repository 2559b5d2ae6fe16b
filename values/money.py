"""Money is a whole number of minor units and the three letters of its currency."""

# Only the currencies whose minor unit is not a hundredth; every other one has two decimals (ISO 4217).
_UNUSUAL_EXPONENTS = {
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0,
    "RWF": 0, "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip


def minor_exponent(currency: str | None) -> int:
    """How many decimals one unit of `currency` has: 2 for EUR, 0 for JPY; 2 when no currency is said."""
    return _UNUSUAL_EXPONENTS.get(currency or "", 2)
