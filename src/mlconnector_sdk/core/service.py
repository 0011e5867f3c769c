"""One vendor's service as one client speaks to it: profile, strategy, runtime, hooks, shared state.

Here an answer gets its verdict, and every error its full name: the vendor, the request, the status, the
vendor's own words (without a credential in them), and what a person should do.
"""

from __future__ import annotations

import copy
import re
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from attrs import evolve, frozen

from mlconnector_sdk.core.answers import Answer
from mlconnector_sdk.core.credential import credential
from mlconnector_sdk.core.events import Answered, Hooks
from mlconnector_sdk.core.headers import quota, retry_after
from mlconnector_sdk.core.limits import Bucket
from mlconnector_sdk.core.origin import without_query
from mlconnector_sdk.core.outgoing import Outgoing
from mlconnector_sdk.core.profile import Profile
from mlconnector_sdk.core.retry import Jitter, Kind, Verdicts
from mlconnector_sdk.core.runtime import Runtime
from mlconnector_sdk.core.strategy import Auth, Authorization
from mlconnector_sdk.errors import AnswerTooLarge, Reached, Throttled, VendorError, VendorUnavailable
from mlconnector_sdk.recording import note, shown_headers
from mlconnector_sdk.records import RawExchange, digest
from mlconnector_sdk.secret import Secret

__all__ = ["Failure", "Service"]

E = TypeVar("E", bound=VendorError)

_WORDS = {
    Kind.REFUSED: "refused this",
    Kind.MISSING: "knows no such record",
    Kind.UNAUTHORIZED: "did not take the credentials",
    Kind.FORBIDDEN: "does not allow this",
    Kind.THROTTLED: "wants fewer requests",
    Kind.IN_PROGRESS: "is still at work on the same idempotency key",
    Kind.UNAVAILABLE: "is not available",
}

# Seconds: where a vendor throttles and does not say for how long.
_LEAST_PAUSE = 1.0


@frozen(kw_only=True)
class Failure:
    """Why an attempt gave no good answer.

    Args:
        error: Ready to be raised.
        reason: The same in a few words, for log lines that name the request already.
        kind: What to do next.
        certain: Whether nothing was carried out, for certain.
        wait: Seconds to wait at least, where the vendor said so.
        repeats: How often at most the request goes again for this, or None.
        pauses: Whether the whole bucket stays away.
        settled: The vendor has decided about this very request.
        answer: What it was read from, where there was an answer.
    """

    error: VendorError
    reason: str
    kind: Kind
    certain: bool
    wait: float = 0.0
    repeats: int | None = None
    pauses: bool = False
    settled: bool = False
    answer: Answer | None = None


class Service:
    """What an exchange needs to know; lent to strategies as their `Line`.

    Args:
        profile: The vendor's quirks.
        auth: The strategy.
        runtime: Sockets and time.
        hooks: Who watches.
        own_headers: Ours on every request, whoever it goes to: who we are, what we can inflate.
        jitter: From the ceiling of a wait to the wait; None: full jitter.
    """

    def __init__(
        self,
        profile: Profile,
        auth: Auth,
        runtime: Runtime,
        *,
        hooks: Hooks,
        own_headers: tuple[tuple[str, str], ...],
        jitter: Jitter | None,
    ) -> None:
        self.profile = profile
        self.auth = auth
        self.runtime = runtime
        self.hooks = hooks
        self.jitter = jitter
        self.own_headers = own_headers
        self.credential = credential(auth.key, runtime.clock)
        # The same key may be in use at a sandbox and in production: each counts for itself.
        place = digest(profile.vendor, *sorted(profile.origins.values()), auth.key)
        self._limits = credential(place, runtime.clock)
        self.budget = self._limits.budget

    def buckets(self, group: str) -> list[Bucket]:
        """The buckets that count a call of this group; the most specific one comes last."""
        groups = [""] if group not in self.profile.limits or not group else ["", group]
        return [self._limits.bucket(each, self.profile.limits.get(each, ())) for each in groups]

    async def ask(self, outgoing: Outgoing) -> Answer:
        """See `Line.ask`."""
        at = self.runtime.clock.now()
        complete = evolve(outgoing, headers=(*self.own_headers, *outgoing.headers))
        try:
            answer = await self.runtime.send(complete)
        except VendorError as error:
            self.answered(outgoing.name, 1, None, error.message, 0.0)
            self.record(complete, at=at, problem=error.message)
            error.reached = Reached.NO  # whatever became of the token: the call itself has not left
            raise
        self.answered(outgoing.name, 1, answer.status, "", answer.elapsed)
        self.record(complete, at=at, answer=answer, elapsed=answer.elapsed)
        return answer

    def answered(self, request: str, attempt: int, status: int | None, problem: str, elapsed: float) -> None:
        """Tell log and hooks how an attempt ended."""
        self.hooks.answered(
            Answered(
                vendor=self.profile.vendor,
                request=request,
                attempt=attempt,
                status=status,
                problem=problem,
                elapsed=elapsed,
            )
        )

    def record(
        self,
        outgoing: Outgoing,
        *,
        at: datetime,
        attempt: int = 1,
        authorization: Authorization | None = None,
        answer: Answer | None = None,
        problem: str = "",
        elapsed: float = 0.0,
    ) -> None:
        """Show an attempt to whoever records (`mlconnector_sdk.recording`).

        Args:
            outgoing: As it left, credentials included.
            at: When it left.
            attempt: 1 for the first time.
            authorization: What it was sent with; None: it asks for a token, and its bodies are left out.
            answer: The answer, where one came.
            problem: What kept it from coming.
            elapsed: Seconds.
        """

        also = (self.profile.idempotency_header.lower(),)
        bodies = authorization is not None and outgoing.open

        def exchange() -> RawExchange:
            headers = (("Host", urlsplit(outgoing.url).netloc), *outgoing.headers)
            content = outgoing.content
            return RawExchange(
                vendor=self.profile.vendor,
                request=outgoing.shown,
                attempt=attempt,
                at=at,
                sent_headers=shown_headers(headers, also=also),
                sent=content if bodies and isinstance(content, bytes) else _left_out(bool(content)),
                status=answer.status if answer else None,
                received_headers=shown_headers(answer.headers.items(), also=also) if answer else (),
                received=answer.body if answer and bodies else _left_out(bool(answer and answer.body)),
                problem=problem,
                seconds=elapsed,
            )

        def secrets() -> list[str]:
            in_headers = [value for _, value in outgoing.headers if isinstance(value, Secret)]
            return self._secrets(authorization or Authorization(), *in_headers)

        note(exchange, secrets=secrets)

    def judge(
        self, answer: Answer, authorization: Authorization, verdicts: Verdicts, *, redirect: bool
    ) -> Failure | None:
        """What is wrong with an answer; None: it is good.

        Args:
            answer: As it came.
            authorization: What the request was sent with: is cut out of what the vendor says.
            verdicts: The table.
            redirect: Whether a redirect is the answer that was asked for.
        """
        location = answer.headers.get("location", "")
        if redirect and location and 300 <= answer.status < 400:
            return None
        judged = verdicts.judge(answer)
        if judged is None:
            return None
        verdict, fault = judged
        now = self.runtime.clock.now()
        wait = retry_after(answer.headers, now)
        if wait is None and verdict.kind is Kind.THROTTLED:
            counted = quota(answer.headers, now)
            wait = counted.reset if counted else None
        wait = max(wait or 0.0, verdict.pause)
        said = self._clean(fault.message or fault.code, authorization)
        if location and 300 <= answer.status < 400:
            said = f"it redirects to {without_query(location)}, which is not followed"
        problem = f"{self.profile.vendor} {_WORDS[verdict.kind]}{said and ': '}{said}"
        details: dict[str, Any] = {
            "vendor": self.profile.vendor,
            "request": answer.request,
            "status": answer.status,
            "code": self._clean(fault.code, authorization),
            "remedy": verdict.remedy or (self.auth.remedy if verdict.kind is Kind.UNAUTHORIZED else ""),
            "scope": verdict.scope,
            "reached": Reached.NO if verdict.certain else Reached.MAYBE,
        }
        if issubclass(verdict.error, Throttled):
            details["not_before"] = now + timedelta(seconds=max(wait, _LEAST_PAUSE))
        error = verdict.error(f"{problem} ({answer.request}, status {answer.status})", **details)
        return Failure(
            error=error,
            reason=f"status {answer.status}, {verdict.kind.value}",
            kind=verdict.kind,
            certain=verdict.certain,
            wait=wait,
            repeats=verdict.repeats,
            pauses=verdict.kind is Kind.THROTTLED,
            settled=verdict.kind in (Kind.REFUSED, Kind.MISSING),
            answer=answer,
        )

    def broke(self, error: VendorError, request: str) -> Failure:
        """An exchange that gave no whole answer."""
        named = self.named(error, request)
        if isinstance(error, Throttled):
            wait = (error.not_before - self.runtime.clock.now()).total_seconds()
            return Failure(
                error=named, reason=error.message, kind=Kind.THROTTLED, certain=True, wait=max(wait, 0.0)
            )
        again = isinstance(error, VendorUnavailable) or error.reached is Reached.MAYBE
        kind = Kind.UNAVAILABLE if again and not isinstance(error, AnswerTooLarge) else Kind.REFUSED
        return Failure(error=named, reason=error.message, kind=kind, certain=error.reached is Reached.NO)

    def named(self, error: E, request: str, answer: Answer | None = None) -> E:
        """The same error, saying which vendor, which request and what answer; without its own history."""
        named = copy.copy(error)
        looks = f" ({answer.looks})" if answer else ""
        named.message = f"{self.profile.vendor} {request}: {error.message}{looks}"
        named.args = (named.message,)
        named.vendor, named.request = self.profile.vendor, request
        named.status = answer.status if answer else error.status
        return named

    def learn(self, answer: Answer, buckets: list[Bucket]) -> None:
        """Take in what an answer's headers say about the vendor's own count."""
        found = quota(answer.headers, self.runtime.clock.now())
        if found is not None:
            buckets[-1].learn(found, self.runtime.clock.monotonic())

    def _clean(self, text: str, authorization: Authorization) -> str:
        """A vendor's words, fit for a log: one line, of modest length, without our credentials."""
        for secret in self._secrets(authorization):
            text = text.replace(secret, "***")
        return re.sub(r"[\s\x00-\x1f\x7f]+", " ", text).strip()[:_LONGEST]

    def _secrets(self, authorization: Authorization, *others: Secret) -> list[str]:
        """The credentials of a request, each as a whole and without its scheme."""
        hidden = [*self.auth.secrets(), *others, *(value for _, value in authorization.headers)]
        if authorization.token is not None:
            hidden.append(authorization.token.access_token)
        wholes = [secret.reveal() for secret in hidden]
        # A vendor may leave "Bearer" or "Basic" out.
        return [part for whole in wholes for part in (whole, whole.rpartition(" ")[2]) if part]


# Characters of a vendor's message that are shown.
_LONGEST = 300


def _left_out(there: bool) -> bytes:
    """Stands for the bodies of exchanges about tokens, and of documents whose address is a key."""
    return b"(not kept)" if there else b""
