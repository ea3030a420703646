import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.assignment import Field
from bot.domain.errors import InvalidSubmission
from bot.domain.webhook import (
    describe_change,
    describe_webhook,
    hidden_parts,
    masked,
    parse_webhook_url,
    without_secrets,
)

SECRET = "s3cretZZ"
words = st.text("abcdefghijk/.-_~%09@:;=&?#[]\\ \n\u202eé", max_size=20)


@given(words, words, words, st.sampled_from(["https", "http", "HTTP", "wss"]))
def test_g12_a_masked_webhook_never_shows_query_user_info_or_fragment(
    path: str, user: str, rest: str, scheme: str
) -> None:
    user_info = "".join(c for c in f"{user}{SECRET}" if c not in "/?#\\")
    path = path.replace("?", "").replace("#", "")
    for url in (
        f"{scheme}://host.example/{path}?{rest}{SECRET}",
        f"{scheme}://host.example/{path}#{rest}{SECRET}",
        f"{scheme}://{user_info}@host.example/{path}",
        f"{scheme}://{user_info}:{SECRET}@host.example:8443/{path}?{SECRET}#{SECRET}",
    ):
        assert SECRET not in masked(url)
        assert not any(SECRET in line for line in (*describe_change(url, f"{url}x"), *describe_change(None, url)))


@given(st.text(max_size=80))
def test_masking_takes_any_text(text: str) -> None:
    assert masked(text)
    assert "\n" not in masked(f"https://host/{text}")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://hooks.example.com/in/1?token=abc", "https://hooks.example.com/in/1?…"),
        ("https://u:p@hooks.example.com:8443/in", "https://hooks.example.com:8443/in"),
        ("https://hooks.example.com", "https://hooks.example.com"),
        ("not an address?secret", "an address that cannot be read"),
        ("https://[broken?secret", "an address that cannot be read"),
        ("https:///user:secret@host/", "an address that cannot be read"),
    ],
)
def test_what_is_shown_of_a_webhook(url: str, shown: str) -> None:
    assert masked(url) == shown


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        (None, None, ("no webhook",)),
        ("https://a.example/x", None, ("no webhook",)),
        (None, "https://a.example/x?k=1", ("https://a.example/x?…",)),
        ("https://a.example/x?k=1", "https://a.example/x?k=2", ("https://a.example/x?…", "query changed")),
        ("https://a.example/x?k=1", "https://b.example/y?k=2", ("https://b.example/y?…", "query changed")),
        ("https://a.example/x?k=1", "https://a.example/x", ("https://a.example/x", "query removed")),
        ("https://a.example/x", "https://a.example/x?k=1", ("https://a.example/x?…", "query added")),
        ("https://u:1@a.example/x", "https://u:2@a.example/x", ("https://a.example/x", "user info changed")),
        ("https://a.example/x#1", "https://a.example/x#2", ("https://a.example/x", "fragment changed")),
        ("https://a.example/x", "https://a.example/y", ("https://a.example/y",)),
        ("https://a.example/x", "HTTPS://a.example/x", ("https://a.example/x", "spelling changed")),
    ],
)
def test_the_new_webhook_says_which_hidden_part_changed(
    before: str | None, after: str | None, lines: tuple[str, ...]
) -> None:
    assert describe_change(before, after) == lines


def test_every_change_of_an_address_can_be_seen() -> None:
    urls = ["https://a.example/x", "https://a.example/x?1", "https://u@a.example/x", "https://a.example/x#f", "x", "y"]
    for before in urls:
        for after in urls:
            if before != after:
                assert describe_change(before, after) != describe_webhook(before)


@pytest.mark.parametrize(
    "url",
    [
        "https://app.uponai.com/inbound-dynamic-vars/1/uponaiworkspace-913",
        "http://127.0.0.1:8080/x?token=%20a&b=c#f",
        "https://user:pw@host.example/",
        "https://[::1]:8443/x",
        "https://h/" + "x" * 1990,
    ],
)
def test_a_good_address_is_taken_as_it_is(url: str) -> None:
    assert parse_webhook_url(f" {url}\n") == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "example.com/x",
        "ftp://example.com",
        "javascript:alert(1)",
        "https://",
        "https:///x",
        "https://exa mple.com",
        "https://example.com/\x00",
        "https://example.com/\u202eevil",
        "https://ex\N{CYRILLIC SMALL LETTER A}mple.com/",
        "https://good.example\\@evil.example/",
        "https://host:99999/",
        "https://[::1/x",
        "https://h/" + "x" * 1991,
    ],
)
def test_a_bad_address_is_refused_at_its_field(url: str) -> None:
    with pytest.raises(InvalidSubmission) as raised:
        parse_webhook_url(url)
    assert raised.value.field is Field.WEBHOOK
    assert str(raised.value).endswith(".")


def test_g12_what_must_not_be_repeated_is_named_whole_and_in_parts() -> None:
    url = "https://user:secret@a.example/x?token=abcdef#frag"
    hidden = hidden_parts(url)
    assert hidden.keys() >= {url, "token=abcdef", "abcdef", "user:secret", "user", "secret", "frag"}
    assert "token" not in hidden
    assert hidden[url] == "https://a.example/x?…"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://h.example/x?a=1&token=S3CRETVALUE", "token S3CRETVALUE is not valid"),
        ("https://h.example/x?a=1;token=S3CRETVALUE", "token S3CRETVALUE is not valid"),
        ("https://h.example/x?S3CRETVALUE&b", "S3CRETVALUE is not valid"),
        ("https://h.example/x?token=S3CRET%2fVALUE%3d", "S3CRET/VALUE= is not valid"),
        ("https://h.example/x?token=S3CRET%2fVALUE%3d", "S3CRET%2FVALUE%3D is not valid"),
        ("https://h.example/x?token=S3CRET+VALUE", "“S3CRET VALUE” is not valid"),
        ("https://h.example/x?token=S3CRET/VALUE", "S3CRET%2FVALUE is not valid"),
        ("https://S3CRETUSER:S3CRETWORD@h.example/x", "S3CRETWORD is not the word of S3CRETUSER"),
        ("https://h.example/x#access=S3CRETVALUE", "S3CRETVALUE is not valid"),
        ("https://[broken?token=S3CRETVALUE", "S3CRETVALUE is not valid"),
        ("https:///user:S3CRETVALUE@h/", "S3CRETVALUE is not valid"),
        ("https://h.example/x", "HTTPS://other.example/y?token=S3CRETVALUE is not valid"),
        ("https://h.example/x", "see (https://me:S3CRETVALUE@other.example/y)"),
        ("https://h.example/x?token=S3CRETVALUE", "calling https://h.example/x?token=S3CRETVALUE failed"),
    ],
)
def test_g12_no_single_part_that_can_be_secret_is_repeated(url: str, said: str) -> None:
    assert "S3CRET" not in without_secrets(said, url)


def test_what_is_not_secret_stays_as_it_was_said() -> None:
    said = "https://hooks.example.com/in: the token is old, see https://status.example.com"
    assert without_secrets(said, "https://hooks.example.com/in?token=1234", None) == said
    assert without_secrets("calling https://h.example/x?k=1 failed", "https://h.example/x?k=1") == (
        "calling https://h.example/x?… failed"
    )


def test_an_address_is_found_behind_what_no_scheme_begins_with() -> None:
    assert without_secrets("-1.https://h.example/x?k=S3CRET,ftp://u:S3CRET@h.example") == "-1.https://h.example/x?…"
    assert without_secrets("(see https://u:S3CRET@h.example/x).") == "(see https://h.example/x)."


def test_g8_a_word_of_megabytes_is_looked_through_once() -> None:
    # From each of its letters on, this would take hours.
    word = "x" * 4_000_000
    assert without_secrets(f"{word} https://h.example/x?k=S3CRET") == f"{word} https://h.example/x?…"
