"""Browsers in words."""

from __future__ import annotations

import pytest

from playvisor.web.signin.browsers import describe_browser

CHROME = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("words", "user_agent"),
    [
        ("Firefox on Linux", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        ("Chrome on Windows", CHROME.format("Windows NT 10.0; Win64; x64")),
        ("Chrome on Android", CHROME.format("Linux; Android 10; K")),
        ("Edge on Windows", CHROME.format("Windows NT 10.0; Win64; x64") + " Edg/140.0.0.0"),
        (
            "Safari on iPhone",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/18.6 Mobile/15E148 Safari/604.1",
        ),
        (
            "Safari on macOS",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/18.6 Safari/605.1.15",
        ),
        ("curl", "curl/8.14.1"),
        ("Another program", "<script>"),
        ("Another program", ""),
    ],
)
def test_a_browser_is_called_as_its_user_knows_it(words, user_agent):
    assert describe_browser(user_agent) == words
