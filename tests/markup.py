"""What a page is made of."""

from __future__ import annotations

from html.parser import HTMLParser


class Page(HTMLParser):
    """Tags with their attributes, in order, and the text outside of the style sheet."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._last = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._last = tag

    def handle_data(self, data: str) -> None:
        if self._last != "style":
            self.text += data

    @property
    def loaded(self) -> list[str]:
        """Addresses that a browser opens by itself."""
        wanted = [
            (a, name) for tag, a in self.tags for name in ("src", "srcset", "href") if name != "href" or tag == "link"
        ]
        return [a[name] or "" for a, name in wanted if name in a]
