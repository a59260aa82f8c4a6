"""What people write when they mean an origin."""

from services.credentials.access.near_origins import near_origins


def test_scheme_slash_port_and_the_bare_host_are_near() -> None:
    assert near_origins("https://app.example") == (
        "http://app.example",
        "https://app.example/",
        "https://app.example:443",
        "app.example",
    )
    assert near_origins("http://localhost:3000") == (
        "https://localhost:3000",
        "http://localhost:3000/",
        "http://localhost",
        "localhost:3000",
    )
    assert near_origins("http://[::1]")[2] == "http://[::1]:80"
    assert near_origins("http://[::1]:3000")[2] == "http://[::1]"
