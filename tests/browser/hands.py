"""Hands on a keyboard: what a person does without a mouse, and a look at each page it leads to."""

from playwright.sync_api import Locator, expect

from tests.browser.people import Person
from tests.browser.sight import is_for_everyone


class Keys:
    """A person's hands on the keyboard."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.keyboard = person.page.keyboard

    def press(self, target: Locator, key: str = "Enter") -> None:
        target.focus()
        expect(target).to_be_focused()
        self.keyboard.press(key)

    def go_with(self, target: Locator) -> None:
        """Press a button or link that leads to another page, and wait for it."""
        with self.person.page.expect_navigation():
            self.press(target)

    def write(self, field: Locator, text: str) -> None:
        field.focus()
        self.keyboard.press("Control+a")
        self.keyboard.insert_text(text)

    def choose(self, field: Locator, value: str) -> None:
        """Go down a closed list until the value stands there."""
        field.focus()
        self.keyboard.press("Home")
        for _ in range(field.locator("option").count()):
            if field.input_value() == value:
                return
            self.keyboard.press("ArrowDown")
        assert field.input_value() == value

    def act(
        self, action: str, within: Locator | None = None, *, in_haste: bool = False, **typed: str
    ) -> None:
        """Unfold a form, fill it in, send it with its main button, and look at what comes.

        `in_haste` leaves the look out: what can be undone can be so for ten seconds.
        """
        selector = f"form[action$='/{action}']"
        form = (within or self.person.main).locator(selector)
        expect(form).to_have_count(1)
        folded = (within or self.person.main).locator("details:not([open])")
        folded = folded.filter(has=self.person.page.locator(selector))
        if folded.count():
            self.press(folded.locator("> summary"))
        for name, value in typed.items():
            field = form.locator(f"[name={name}]")
            kind = field.first.evaluate("e => e.type || e.tagName")
            if kind == "select-one":
                self.choose(field, value)
            elif kind in ("radio", "checkbox"):
                self.press(form.locator(f"[name={name}][value='{value}']"), "Space")
            else:
                self.write(field, value)
        self.go_with(form.locator("button:not([type=button])").first)
        if not in_haste:
            is_for_everyone(self.person)

    def undo(self) -> None:
        self.go_with(self.person.main.locator("form.undo button").first)
        expect(self.person.main.locator("form.undo")).to_have_count(0)
