"""Words that were typed and not sent are not lost by pressing something else, or by leaving."""

from playwright.sync_api import Dialog, expect

from tests.browser.people import Person
from tests.browser.sight import is_for_everyone
from tests.browser.test_story import SCRIPT, join

THREAD_LINK = "main a[href^='/utas/']"
WORDS = "Aku dengar kamu, dan aku"


class Questions:
    """What the browser asks before it leaves a page; it stays, unless told that it may go."""

    def __init__(self, person: Person) -> None:
        self.asked = 0
        self.may_go = False
        person.page.on("dialog", self._answer)

    def _answer(self, dialog: Dialog) -> None:
        assert dialog.type == "beforeunload"
        self.asked += 1
        if self.may_go:
            dialog.accept()
        else:
            dialog.dismiss()


def write(person: Person) -> None:
    """Type into the answer's box with the keyboard, as browsers ask only after a touch."""
    box = person.form("/balas").locator("[name=body]")
    box.click()
    person.page.keyboard.type(WORDS)


def test_the_browser_asks_before_typed_words_are_lost(visit, elsewhere):
    person = visit("phone")
    join(person)
    person.go("/ruang/rasa-hampa")
    person.press(person.page.locator(THREAD_LINK).first)
    questions = Questions(person)
    thread, box = person.path, person.form("/balas").locator("[name=body]")

    write(person)
    language = person.page.locator("form[action='/bahasa'] button")
    language.click(no_wait_after=True)
    expect(box).to_have_value(WORDS)
    assert (questions.asked, person.path) == (1, thread)

    # The form that holds the words takes them along.
    person.press(person.form("/balas").locator("[name=keep][value=draft]"))
    expect(box).to_have_value(WORDS)
    person.press(language)
    assert questions.asked == 1, "a draft is kept already"

    # What a page gives back after a refusal stands nowhere else.
    box.fill("x" * 20_001)
    person.press(person.form("/balas").locator("button:not([name])"))
    assert len(box.input_value()) == 20_001
    box.click()
    language.click(no_wait_after=True)
    person.page.wait_for_timeout(300)
    assert questions.asked == 2

    person.page.locator("[data-exit]").click()
    person.page.wait_for_url(elsewhere)
    assert questions.asked == 2, "nothing stands in the way out"


def test_to_call_somebody_is_not_to_leave(visit):
    # Alone, because a headless browser that was asked to call goes nowhere afterwards.
    person = visit("phone")
    join(person)
    person.go("/ruang/rasa-hampa")
    person.press(person.page.locator(THREAD_LINK).first)
    questions = Questions(person)
    write(person)
    person.page.evaluate(
        "document.querySelector('main').append(Object.assign(document.createElement('a'),"
        " {href: 'tel:119', id: 'call', textContent: '119'}))"
    )
    left = "new Promise((done) => window.addEventListener('beforeunload', done, {once: true}))"
    person.page.evaluate(f"window.asked = {left}; 0")
    person.page.locator("#call").click(no_wait_after=True)
    person.page.evaluate("window.asked.then(() => 0)")
    assert questions.asked == 0


@SCRIPT
def test_a_sign_to_a_post_keeps_what_was_typed(visit, javascript):
    person = visit("phone", javascript=javascript)
    join(person)
    person.go("/ruang/rasa-hampa")
    person.press(person.page.locator(THREAD_LINK).first)
    questions = Questions(person)
    write(person)
    person.press(person.main.get_by_role("button", name="Aku dengar kamu", exact=True).first)
    assert questions.asked == 0
    box = person.form("/balas").locator("[name=body]")
    expect(box).to_have_value(WORDS)
    expect(person.main.get_by_role("button", name="✓ Aku dengar kamu")).to_have_count(1)
    is_for_everyone(person)
    # The account leads back to it.
    thread = person.path.split("?")[0].split("#")[0]
    person.go("/akun")
    is_for_everyone(person)
    person.follow(f'^="{thread}#"', person.main)
    expect(box).to_have_value(WORDS)
    # Enter in a field sends the answer, and presses nothing that stands before it.
    person.form("/balas").locator("[name=alias]").focus()
    with person.page.expect_navigation():
        person.page.keyboard.press("Enter")
    assert person.main.locator("article.mine").get_by_text(WORDS).count() == 1
    expect(person.main.get_by_role("button", name="✓ Aku dengar kamu")).to_have_count(1)
