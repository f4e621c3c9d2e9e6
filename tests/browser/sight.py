"""What a page must be for everyone: axe finds nothing, and nothing is cut off or too pale."""

from importlib.resources import files

from playwright.sync_api import Page

from tests.browser.people import Person

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """async ([tags, rules]) => {
    const only = rules ? {type: "rule", values: rules} : {type: "tag", values: tags};
    const found = await axe.run(document, {runOnly: only, resultTypes: ["violations"]});
    return found.violations.map(
        v => `${v.id}: ${v.nodes.map(n => `${n.html} ${n.failureSummary}`).join(" | ")}`);
}"""
NARROWEST = {"width": 320, "height": 256}
WIDE = {"width": 1280, "height": 800}

PHONE = {"width": 360, "height": 640}


def is_for_everyone(person: Person) -> None:
    """Check the page as it stands: axe on a phone and a desk, dark colours, a narrow screen."""
    page = person.page if person.has_script else person.copy()
    before = page.viewport_size
    unfold(page)
    for size in (PHONE, WIDE):
        page.set_viewport_size(size)
        found = violations(page)
        assert found == [], (person.path, size, found)
    page.emulate_media(color_scheme="dark")
    found = violations(page, ["color-contrast"])
    assert found == [], (person.path, "dark", found)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(NARROWEST)
    wide = is_cut_off(page)
    assert wide == "", (person.path, wide)
    page.set_viewport_size(before)
    fold(page)


def violations(page: Page, rules: list[str] | None = None) -> list[str]:
    """Return what axe finds on the page as it stands."""
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(AXE)
    # What lies under the sticky bar just now is no small target: one scrolls.
    page.evaluate("""for (const each of [window, ...document.querySelectorAll(".decide")])
        each.scrollTo(0, 0)""")
    return page.evaluate(RUN, [WCAG, rules])


def unfold(page: Page) -> None:
    """Open what is folded, so that it is checked too."""
    page.evaluate("""document.querySelectorAll("details:not([open])").forEach(
        d => { d.open = true; d.dataset.unfolded = ""; })""")


def fold(page: Page) -> None:
    """Close again what `unfold` opened."""
    page.evaluate("""document.querySelectorAll("[data-unfolded]").forEach(
        d => { d.open = false; delete d.dataset.unfolded; })""")


def is_cut_off(page: Page) -> str:
    """Return which elements reach out of a page that should need no sideways scrolling."""
    return page.evaluate("""() => {
        const root = document.documentElement;
        if (root.scrollWidth <= root.clientWidth) return "";
        const wide = [...document.body.querySelectorAll("*")].filter(
            e => e.getBoundingClientRect().right > root.clientWidth + 1);
        return wide.slice(-3).map(e => e.outerHTML.slice(0, 160)).join(" | ") || "the page";
    }""")
