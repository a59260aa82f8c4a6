import hmac

from hypothesis import given
from hypothesis import strategies as st

from shared.storage.signing.macs import mac_with


@given(st.binary(max_size=200), st.lists(st.binary(max_size=300), min_size=1, max_size=3))
def test_each_text_has_the_code_that_hmac_gives_it(key: bytes, texts: list[bytes]) -> None:
    mac = mac_with(key)
    assert [mac.hexdigest(text) for text in texts] == [
        hmac.digest(key, text, "sha256").hex() for text in texts
    ]
