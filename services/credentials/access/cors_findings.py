"""CORS findings: why pages of an origin cannot read what they need, and who must do what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import Cause, Confidence, Finding, failed, warning
from services.credentials.access.cors_verdicts import Fault, Verdict
from services.credentials.setup.cors import REQUEST_HEADERS
from services.credentials.setup.policies import Document

_LOAD_WITH_CORS = (
    'Load files with CORS wherever pages show them, as <img crossorigin="anonymous">, so that'
    " browsers keep no other copy. Or sign a URL of its own for reading: with another `expires_in`"
    " it is another one. Or let the objects' Cache-Control be no-cache."
)
_LOOK_AT_ACCESS = (
    "This is about access, and no CORS rule mends it: see the check `sign`, and look for conditions"
    " on the request's headers in the bucket's policy."
)
_LOOK_BETWEEN = (
    "The bucket's rules allow it, so look at what stands between: a proxy or a CDN that drops"
    " headers, or that keeps answers without regard to the header Origin."
)
_BUSY = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


@dataclass(frozen=True, slots=True)
class CorsRule:
    """The remedy for most of it: who puts the rule of the setup kit where, and the rule."""

    advice: str
    documents: Mapping[str, Document]


@dataclass(frozen=True, slots=True)
class CorsFindings:
    """Say what is wrong for the pages of an origin."""

    origin: str
    rule: CorsRule

    # --- what the answer itself shows ---------------------------------------------------------

    def refused(self, method: str, status: int) -> Finding:
        """Explain an error, which a page would take for a fault of CORS."""
        sentence = (
            f"The store answers a {method} of pages at {self.origin} with status {status}. Browsers"
            " may call that a CORS error, and it is none."
        )
        if status in _BUSY:
            return failed(sentence, Cause(CauseKind.THROTTLED, "Verify again in a minute."))
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return failed(sentence, Cause(CauseKind.UNREACHABLE, "Verify again when it is well."))
        return failed(sentence, Cause(CauseKind.VIEWER_REFUSED, _LOOK_AT_ACCESS))

    def shown(self, method: str, verdict: Verdict) -> Finding | None:
        """Explain a fault that the answer shows; None for one that has its cause elsewhere."""
        match verdict.fault:
            case Fault.OTHER_ORIGIN:
                return failed(
                    f"The store allows {verdict.names[0]}, which is not {self.origin}: browsers"
                    " compare every character.",
                    self._mend(CauseKind.CORS_OTHER_ORIGIN),
                )
            case Fault.SEVERAL_ORIGINS:
                return failed(
                    f"The store names {len(verdict.names)} origins in one answer to pages at"
                    f" {self.origin}, and browsers take one only.",
                    self._mend(CauseKind.CORS_SEVERAL_ORIGINS),
                )
            case Fault.LIST:
                return failed(
                    f"The store's answer to a preflight of pages at {self.origin} holds a list of"
                    " methods or headers that browsers cannot read.",
                    self._mend(CauseKind.CORS_LIST),
                )
            case Fault.REDIRECT:
                return failed(
                    f"The store redirects a {method} of pages at {self.origin} to another address,"
                    " where the URL's signature does not count.",
                    Cause(CauseKind.OTHER_REGION, "Verify again: the region is then looked up."),
                )
            case _:
                return None

    # --- what only further questions tell -----------------------------------------------------

    def lost(self, method: str) -> Finding:
        """Say that the preflight is allowed, and the read is not."""
        return failed(
            f"A preflight for a {method} of pages at {self.origin} is allowed, but the answer to"
            f" the {method} itself does not allow them.",
            Cause(CauseKind.CORS_DROPPED, _LOOK_BETWEEN),
        )

    def method_missing(self, method: str, allowed: str) -> Finding:
        """Say that the rules allow another method for the origin."""
        return failed(
            f"The bucket's CORS rules let pages at {self.origin} {allowed} objects, but not"
            f" {method} them.",
            self._mend(CauseKind.CORS_METHOD),
        )

    def nearly_allowed(self, nearby: Sequence[str]) -> Finding:
        """Say that the rules allow what looks like the origin."""
        return failed(
            f"The bucket's CORS rules allow {' and '.join(nearby)}, and to a browser that is"
            f" another origin than {self.origin}.",
            self._mend(CauseKind.CORS_NEAR_ORIGIN),
        )

    def no_rules(self) -> Finding:
        """Say that the store knows no CORS rules for the bucket."""
        return failed(
            f"The bucket has no CORS rules, so pages at {self.origin} may read nothing.",
            self._mend(CauseKind.CORS_NONE),
        )

    def no_rule(self, method: str) -> Finding:
        """Say that no rule fits, or that there is none: many stores do not tell which."""
        return failed(
            f"The bucket has no CORS rule that lets pages at {self.origin} {method} objects.",
            self._mend(CauseKind.CORS_ABSENT, Confidence.LIKELY),
            self._mend(CauseKind.CORS_NONE, Confidence.POSSIBLE),
        )

    def headers_missing(self, names: Sequence[str]) -> Finding:
        """Say which headers a preflight does not allow; viewers can do without most of them."""
        listed = ", ".join(names) if names else f"{', '.join(REQUEST_HEADERS)} together"
        sentence = f"The bucket's CORS rules do not let pages at {self.origin} send {listed}."
        judge = failed if "range" in names or not names else warning
        return judge(sentence, self._mend(CauseKind.CORS_HEADERS))

    def headers_hidden(self, names: Sequence[str]) -> Finding:
        """Say which headers scripts need and do not see."""
        return warning(
            f"Scripts at {self.origin} cannot see the headers {', '.join(names)}.",
            self._mend(CauseKind.CORS_EXPOSED),
        )

    # --- what is allowed, and still goes wrong ------------------------------------------------

    def whole_answer(self) -> Finding:
        """Say that a part was asked for, and everything came."""
        return warning(
            f"The store answers pages at {self.origin} that ask for a part with the whole object,"
            " so videos and large files start slowly and cannot be sought in.",
            Cause(CauseKind.RANGE_IGNORED, "Let the proxy before the store pass on Range."),
        )

    def kept_copy(self) -> Finding:
        """Say that a copy which was loaded without CORS fails the page that reads with it."""
        return warning(
            f"Pages at {self.origin} may read objects. But once a page has shown a file without"
            " CORS, browsers keep that copy, and refuse it to a script that reads the same URL.",
            Cause(CauseKind.KEPT_COPY, _LOAD_WITH_CORS),
        )

    def mixed_content(self, host: str) -> Finding:
        """Say that browsers load nothing from here into a page with TLS."""
        return failed(
            f"Pages at {self.origin} are https and {host} is not, so browsers load nothing from"
            " there.",
            Cause(CauseKind.MIXED_CONTENT, "Serve the store by https, and name that endpoint."),
        )

    def _mend(self, kind: CauseKind, confidence: Confidence = Confidence.CERTAIN) -> Cause:
        return Cause(kind, self.rule.advice, self.rule.documents, confidence)
