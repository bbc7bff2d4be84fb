"""What is sealed opens for its purpose alone, by any of the keys."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest

from bot.vault import Vault

OLD, NEW = (urlsafe_b64encode(letter * 32).decode() for letter in (b"o", b"n"))


@pytest.mark.parametrize("secret", ["", "xoxb-1", "ä\n\0🔥", "x" * 10_000])
def test_what_was_sealed_opens_again(secret: str) -> None:
    sealed = Vault(OLD).seal("token:T1", secret)
    assert secret == "" or secret not in sealed
    assert Vault(OLD).open("token:T1", sealed) == secret


@pytest.mark.parametrize("purpose", ["token:T2", "token", "token:T1\0", "", "install-link"])
def test_it_opens_for_nothing_else(purpose: str) -> None:
    assert Vault(OLD).open(purpose, Vault(OLD).seal("token:T1", "secret")) is None


@pytest.mark.parametrize("sealed", ["", "x", "ä", "gAAAAAB" + "A" * 100, "\ud800"])
def test_what_is_none_of_ours_opens_as_nothing(sealed: str) -> None:
    assert Vault(OLD).open("token:T1", sealed) is None


def test_a_new_key_before_the_old_one_seals_and_both_open() -> None:
    sealed = Vault(OLD).seal("p", "secret")
    both = Vault(f"{NEW}, {OLD}")
    assert both.open("p", sealed) == "secret"
    assert Vault(NEW).open("p", sealed) is None
    assert Vault(NEW).open("p", both.seal("p", "secret")) == "secret"


@pytest.mark.parametrize("keys", ["", "x", OLD[:-2], f"{OLD},", f"!{OLD}", OLD.replace("b", "!")])
def test_what_is_no_key_is_refused(keys: str) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(keys)
