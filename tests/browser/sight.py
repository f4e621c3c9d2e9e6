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
# What axe judges apart from words and numbers: elements, their attributes, whether there is text.
# Of like neighbours two stand for all.
MAKE = """() => {
    const NAMED = ["class", "type", "name", "role", "tabindex", "hidden", "disabled",
        "required", "checked", "autocomplete", "id", "for", "style"];
    const WORDED = ["aria-label", "alt", "title", "placeholder"];
    const plain = text => text.replace(/[\\w-]*\\d[\\w-]*/g, "0");
    const said = (element, a) => {
        if (WORDED.includes(a.name)) return `${a.name}=${Boolean(a.value.trim())}`;
        // What is folded is unfolded for the look.
        const isOpen = a.name === "open" && element.localName !== "details";
        const counts = isOpen || NAMED.includes(a.name) || a.name.startsWith("aria-");
        return counts ? `${a.name}=${plain(a.value)}` : "";
    };
    const make = node => {
        if (node.nodeType === Node.TEXT_NODE) return node.data.trim() ? "words" : "";
        if (node.nodeType !== Node.ELEMENT_NODE) return "";
        if (["script", "noscript"].includes(node.localName)) return "";
        const attributes = [...node.attributes].map(a => said(node, a)).filter(Boolean);
        if (node instanceof SVGElement) return `<svg ${attributes.join(" ")}>`;
        const parts = [];
        for (const part of [...node.childNodes].map(make).filter(Boolean))
            if (part !== parts.at(-1) || part !== parts.at(-2)) parts.push(part);
        return `<${node.localName} ${attributes.join(" ")}>${parts.join("")}</>`;
    };
    return make(document.body);
}"""
# Rules that other words, or the marks of their language, can break.
WORDY = ["target-size", "html-has-lang", "html-lang-valid", "valid-lang"]
NARROWEST = {"width": 320, "height": 256}
WIDE = {"width": 1280, "height": 800}

PHONE = {"width": 360, "height": 640}

# In which languages axe has seen a page of this make at this width, in this run.
_seen: dict[tuple[int, str], set[str]] = {}


def is_for_everyone(person: Person) -> None:
    """Check the page as it stands: axe on a phone and a desk, dark colours, a narrow screen."""
    found = problems_of(person, PHONE, WIDE)
    assert found == [], (person.path, found)


def problems_of(person: Person, *sizes: dict[str, int]) -> list[str]:
    """Return what axe finds at some widths, in dark colours at the last, and what is cut off.

    Axe looks once at each make of page; in another language only at what words can change.
    """
    page = person.page
    before = page.viewport_size
    unfold(page)
    make, language = page.evaluate(MAKE), page.locator("html").get_attribute("lang") or ""
    found = []
    sight = None
    for size in sizes:
        known = _seen.setdefault((size["width"], make), set())
        if language in known:
            continue
        if sight is None:
            sight = page if person.has_script else person.copy()
            unfold(sight)
        sight.set_viewport_size(size)
        bad = violations(sight, WORDY if known else None)
        if not known and size is sizes[-1]:
            sight.emulate_media(color_scheme="dark")
            bad += [f"dark: {line}" for line in violations(sight, ["color-contrast"])]
            sight.emulate_media(color_scheme="light")
        found += [f"{size['width']} px: {line}" for line in bad]
        if not bad:
            known.add(language)
    page.set_viewport_size(NARROWEST)
    if cut := is_cut_off(page):
        found.append(f"cut off: {cut}")
    page.set_viewport_size(before)
    fold(page)
    return found


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
