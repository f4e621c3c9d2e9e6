"""Security headers, the same on every response: pages, errors, static files."""

from flask import Flask, Response, request

_POLICY = (
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    # Our scripts make no HTML of text. The one policy names the keeper of the help page, and
    # no second one of its name may be made.
    "trusted-types teduh-keeper",
)
# Nothing here wants any of these; passkeys and the clipboard stay as browsers have them.
_SWITCHED_OFF = (
    *("accelerometer", "autoplay", "bluetooth", "browsing-topics", "camera", "display-capture"),
    *("encrypted-media", "fullscreen", "geolocation", "gyroscope", "hid", "idle-detection"),
    *("local-fonts", "magnetometer", "microphone", "midi", "payment", "picture-in-picture"),
    *("screen-wake-lock", "serial", "sync-xhr", "usb", "xr-spatial-tracking"),
)
HEADERS = {
    "Content-Security-Policy": "; ".join(_POLICY),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{name}=()" for name in _SWITCHED_OFF),
    "X-DNS-Prefetch-Control": "off",
    "X-Robots-Tag": "noindex",
}
TWO_YEARS_SECONDS = 63_072_000


def add_headers(app: Flask) -> None:
    """Let every response of the app carry the headers."""

    @app.after_request
    def add(response: Response) -> Response:
        response.headers.update(HEADERS)
        if app.config["HTTPS"]:
            response.headers["Strict-Transport-Security"] = (
                f"max-age={TWO_YEARS_SECONDS}; includeSubDomains"
            )
        if request.endpoint == "static" and response.status_code < 400:
            # The address of a static file carries a hash of its content. An error page there may
            # hold a form of who asked, and is nobody else's.
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        else:
            response.headers["Cache-Control"] = "no-store"
        return response
