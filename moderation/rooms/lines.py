"""The experiences of a room as lines of text, "code | id | en", and back."""

import re

from flask_babel import gettext as _

from forum.rooms.models import Tag

MOST_TAGS = 12
MAX_WORDS = 40
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}\Z")


class BadLine(ValueError):
    """A line makes no sense. The message says which one, and what to write, for its writer."""


def read_tags(text: str) -> list[Tag]:
    """Return the experiences that lines name, in their order. Raises BadLine."""
    tags = [_tag(line.strip()) for line in text.splitlines() if line.strip()]
    if len(tags) > MOST_TAGS:
        raise BadLine(_("At most %(num)d fit.", num=MOST_TAGS))
    codes = [tag["code"] for tag in tags]
    for code in codes:
        if codes.count(code) > 1:
            raise BadLine(_("The code %(code)s stands there twice.", code=code))
    return tags


def write_tags(tags: list[Tag]) -> str:
    """Return experiences as lines."""
    return "\n".join(f"{tag['code']} | {tag['id']} | {tag['en']}" for tag in tags)


def _tag(line: str) -> Tag:
    parts = [part.strip() for part in line.split("|")]
    is_one = len(parts) == 3 and _CODE.match(parts[0])
    if not is_one or not all(0 < len(words) <= MAX_WORDS for words in parts[1:]):
        raise BadLine(
            _(
                "“%(line)s” is no experience. Write one as: rantau | merantau | far from home",
                line=line,
            )
        )
    return Tag(code=parts[0], id=parts[1], en=parts[2])
