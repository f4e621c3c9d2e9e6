"""What the rules see in a text before it is sent: shown to its writer alone, and kept nowhere."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outlook:
    """What a writer may want to know before they send a text.

    `is_crisis`: it says that its writer is in danger now. `advises`: it names a diagnosis for
    somebody else, or tells them to stop or change medicine.
    """

    is_crisis: bool = False
    advises: bool = False

    def __bool__(self) -> bool:
        """Whether there is anything to say."""
        return self.is_crisis or self.advises
