"""Nothing can be uploaded: a request that carries a file is refused before a byte of it is kept."""

from typing import IO

from flask import Request
from werkzeug.exceptions import UnsupportedMediaType


class RequestWithoutFiles(Request):
    """A request of text alone."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        """Refuse where Werkzeug asks where a file shall go: to memory or to the disk."""
        raise UnsupportedMediaType
