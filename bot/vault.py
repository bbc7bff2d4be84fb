"""Secrets of others that have to be stored: encrypted, by keys that can be changed."""

from __future__ import annotations

import re

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

# 32 bytes in URL-safe base64. Fernet itself overlooks letters that are none of its alphabet.
_KEY = re.compile("[A-Za-z0-9_-]{43}=")
_END = "\0"  # of a purpose


class Vault:
    """Seals secrets, each for a purpose: sealed for one, it opens for no other.

    Args:
        keys: ENCRYPTION_KEY: the key that seals, then older ones that still open, by commas.

    Raises:
        ValueError: one of them is no key.
    """

    def __init__(self, keys: str) -> None:
        found = [key.strip() for key in keys.split(",")]
        if not all(_KEY.fullmatch(key) for key in found):
            raise ValueError("a key is 32 bytes in URL-safe base64")  # never the key itself
        self._fernet = MultiFernet([Fernet(key) for key in found])

    def seal(self, purpose: str, secret: str) -> str:
        """The secret as it may be stored, or given to somebody who brings it back."""
        return self._fernet.encrypt(f"{purpose}{_END}{secret}".encode()).decode("ascii")

    def open(self, purpose: str, sealed: str) -> str | None:
        """The secret; None where it is none of ours, or sealed for something else."""
        try:
            text = self._fernet.decrypt(sealed.encode("ascii")).decode()
        except (InvalidToken, ValueError):
            return None
        found, _, secret = text.partition(_END)
        return secret if found == purpose else None
