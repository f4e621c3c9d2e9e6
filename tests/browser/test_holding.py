"""The page of a case, left open: it keeps the claim, tells what happens, and works without script."""

from playwright.sync_api import expect

from tests.browser.people import choose

LOOK_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"


def take_one(person, level: str) -> None:
    person.go(f"/meja?level={level}")
    person.send("/ambil")
    expect(person.form("/tutup")).to_be_visible()


def test_an_open_page_keeps_the_claim_and_tells_of_others(visit):
    sekar, wening = visit("desktop").sign_in("sekar"), visit("desktop").sign_in("wening")
    take_one(sekar, "amber")
    stay = sekar.main.locator("form[data-stay]")
    expect(stay.get_by_role("button")).to_be_hidden()
    wening.go(sekar.path)
    with sekar.page.expect_response("**/masih-di-sini") as answer:
        sekar.page.evaluate(LOOK_AGAIN)
    assert answer.value.status == 200
    expect(sekar.main.locator("[data-readers]")).to_contain_text("wening")
    expect(sekar.main.locator("[data-stay-news]")).to_be_hidden()

    # Put back from another window of the same person: the first one says so, and keeps the words.
    window = sekar.page.context.new_page()
    window.goto(sekar.path)
    sekar.main.locator("#close-note").fill("kata-kata")
    window.locator("#release summary").click()
    window.locator("form[action$='/lepas'] button").click()
    window.wait_for_url("**/meja")
    with sekar.page.expect_response("**/masih-di-sini"):
        sekar.page.evaluate(LOOK_AGAIN)
    expect(sekar.main.locator("[data-stay-news]")).to_be_visible()
    expect(sekar.main.locator("#close-note")).to_have_value("kata-kata")
    window.close()


def test_a_case_is_kept_held_and_handed_over_without_a_script(visit):
    sekar = visit("phone", javascript=False).sign_in("sekar")
    choose(sekar, "id")
    take_one(sekar, "amber")
    case = sekar.path
    sekar.send("/masih-di-sini")
    assert sekar.path == case
    sekar.main.locator("#hold summary").click()
    form = sekar.form("/tahan")
    form.locator("input[name=why]").first.check()
    form.locator("textarea").fill("Tanya wening dulu.")
    sekar.press(form.get_by_role("button"))
    assert sekar.path == "/meja"
    sekar.press(sekar.page.locator("header form[action='/keluar-akun'] button"))
    expect(sekar.main.get_by_role("heading", level=1)).to_have_text("Sebelum kamu pergi")
    sekar.press(sekar.main.locator("button[name=sure]"))
    assert sekar.path == "/"
    wening = visit("phone", javascript=False).sign_in("wening")
    wening.go(case)
    expect(wening.main.get_by_text("Tanya wening dulu.").first).to_be_visible()
    expect(wening.form("/ambil")).to_be_visible()
