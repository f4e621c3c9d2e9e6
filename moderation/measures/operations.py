"""What staff do to a post of a case."""

from forum.accounts.models import Member
from forum.posts.models import Post, Visibility
from forum.posts.operations import set_visibility
from moderation.cases.models import Act, Case
from moderation.cases.operations import advance


def hide(moderator: Member, case: Case, seen_version: int, post: Post, note: str) -> None:
    """Show a post to nobody but its author and the staff. Raises as `advance` does."""
    advance(moderator, case, seen_version, Act.HIDE, post=post, note=note)
    set_visibility(post, Visibility.HIDDEN)


def restore(moderator: Member, case: Case, seen_version: int, post: Post, note: str) -> None:
    """Show a held or hidden post to everyone. Raises as `advance` does."""
    advance(moderator, case, seen_version, Act.RESTORE, post=post, note=note)
    set_visibility(post, Visibility.VISIBLE)
