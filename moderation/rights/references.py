"""Every column that leads to a person or a post, and what an erasure does with it.

A test compares this with the schema, so a new table can't be forgotten.
"""

from enum import StrEnum


class Fate(StrEnum):
    """What an erasure does with a row that refers to who leaves, or to a post of theirs."""

    # The row is deleted.
    DELETED = "deleted"
    # The row stays, without words, and refers to the one row that stands for all who left.
    MOVED = "moved"
    # What somebody did as staff: it stays with their row, which keeps an id and no name.
    STAYS = "stays"
    # The row stays and the column is emptied.
    EMPTIED = "emptied"


PERSON = {
    "recovery_code.member_id": Fate.DELETED,
    "sign_in.member_id": Fate.DELETED,
    "data_export.member_id": Fate.DELETED,
    "notice.member_id": Fate.DELETED,
    "code_app.member_id": Fate.DELETED,
    "passkey.member_id": Fate.DELETED,
    "factor_recovery.member_id": Fate.DELETED,
    "factor_recovery.asked_by_id": Fate.DELETED,
    "check_in.member_id": Fate.DELETED,
    "presence.member_id": Fate.DELETED,
    "skip.member_id": Fate.DELETED,
    "opt_out.member_id": Fate.DELETED,
    "alias.member_id": Fate.DELETED,
    "draft.member_id": Fate.DELETED,
    "follow.member_id": Fate.DELETED,
    "lived_tag.member_id": Fate.DELETED,
    "room_agreement.member_id": Fate.DELETED,
    "room_moderator.member_id": Fate.DELETED,
    "reaction.member_id": Fate.DELETED,
    "block.blocker_id": Fate.DELETED,
    "block.blocked_id": Fate.DELETED,
    "group_seat.member_id": Fate.DELETED,
    "group_hand.member_id": Fate.DELETED,
    "group_visit.member_id": Fate.DELETED,
    "group_facilitator.member_id": Fate.DELETED,
    "trainee.member_id": Fate.DELETED,
    "certificate.member_id": Fate.DELETED,
    "practice_answer.member_id": Fate.DELETED,
    "application.member_id": Fate.DELETED,
    "role_grant.member_id": Fate.DELETED,
    "buddy_period.member_id": Fate.DELETED,
    "review.member_id": Fate.DELETED,
    "rota_turn.member_id": Fate.DELETED,
    "rota_swap.wanted_from_id": Fate.DELETED,
    "rota_swap.given_by_id": Fate.DELETED,
    "thread.author_id": Fate.MOVED,
    "post.author_id": Fate.MOVED,
    "moderation_case.subject_id": Fate.MOVED,
    "report.reporter_id": Fate.MOVED,
    "measure.member_id": Fate.MOVED,
    "appeal.member_id": Fate.MOVED,
    "moderation_case.holder_id": Fate.EMPTIED,
    # No foreign key in the schema.
    "moderation_case.owner_id": Fate.EMPTIED,
    "moderation_case.alias_id": Fate.EMPTIED,
    "post.alias_id": Fate.EMPTIED,
    "audit_entry.actor_id": Fate.STAYS,
    "alert.acknowledged_by_id": Fate.STAYS,
    # No foreign key in the schema.
    "help_entry.checked_by_id": Fate.STAYS,
    "application.answered_by_id": Fate.STAYS,
    "role_grant.first_id": Fate.STAYS,
    "role_grant.second_id": Fate.STAYS,
    "review.reviewer_id": Fate.STAYS,
    "appeal.taken_by_id": Fate.STAYS,
    "appeal.confirmed_by_id": Fate.STAYS,
    "appeal.decided_by_id": Fate.STAYS,
    "check_in.moderator_id": Fate.STAYS,
    # A member's own messages go with their check-in.
    "check_in_message.author_id": Fate.STAYS,
    "company.asked_by_id": Fate.STAYS,
    "company.helper_id": Fate.STAYS,
    "crisis_entry.moderator_id": Fate.STAYS,
    "decision.moderator_id": Fate.STAYS,
    "follow_up.owner_id": Fate.STAYS,
    "measure.moderator_id": Fate.STAYS,
    "measure.confirmed_by_id": Fate.STAYS,
    "person_question.asked_by_id": Fate.STAYS,
    "person_question.decided_by_id": Fate.STAYS,
    "pin.moderator_id": Fate.STAYS,
    "recusal.member_id": Fate.STAYS,
    "referral.moderator_id": Fate.STAYS,
    "referral.noted_by_id": Fate.STAYS,
    "rules_run.author_id": Fate.STAYS,
    "rules_version.author_id": Fate.STAYS,
    "second_opinion.first_id": Fate.STAYS,
    "second_opinion.second_id": Fate.STAYS,
    "second_opinion.lead_id": Fate.STAYS,
    "shift.member_id": Fate.STAYS,
    # A group's welcome and its facilitators' notes are the group's; they name nobody.
    "group_plan.facilitator_id": Fate.STAYS,
    "group_note.author_id": Fate.STAYS,
}

# The row of a post always stays, because others may have answered it; removed, it is empty.
POST = {
    "earlier_text.post_id": Fate.DELETED,
    "care_card.post_id": Fate.DELETED,
    # It stays while the post keeps its words.
    "search_entry.post_id": Fate.DELETED,
    "notice.post_id": Fate.STAYS,
    # What others told the writer goes with the writer.
    "reaction.post_id": Fate.DELETED,
    "flag.post_id": Fate.STAYS,
    "report.post_id": Fate.STAYS,
    "scan_failure.post_id": Fate.STAYS,
    "decision.post_id": Fate.STAYS,
    "measure.post_id": Fate.STAYS,
    "shadow_flag.post_id": Fate.STAYS,
}
