"""The one loop: wait for limits, authorize, send, classify; then sleep and again, or answer.

What it must never do is repeat a write that may have been carried out. After a write without an
idempotency key has left, every failure is `OutcomeUnknown`, unless the vendor's table says for certain that
it was refused, or the bytes never left.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from functools import partial
from traceback import format_tb

from attrs import evolve, frozen

from mlconnector_sdk.core.answers import Answer
from mlconnector_sdk.core.events import Repeating, Sending, Waiting
from mlconnector_sdk.core.limits import Refusal, Slot
from mlconnector_sdk.core.outgoing import Outgoing
from mlconnector_sdk.core.retry import Kind, Verdicts, retry_wait
from mlconnector_sdk.core.service import Failure, Service
from mlconnector_sdk.core.strategy import Authorization
from mlconnector_sdk.errors import (
    ConnectorError,
    OutcomeUnknown,
    Reached,
    Throttled,
    VendorError,
    VendorUnavailable,
)

__all__ = ["Exchange", "Task"]

# Seconds: a wait so short that a clock's grain swallows it would never end.
_GRAIN = 0.001


@frozen(kw_only=True)
class Task:
    """What an exchange has to do.

    Args:
        outgoing: The request without credentials; the same bytes and the same key at every attempt.
        writes: Whether it may change something at the vendor.
        repeatable: Whether sending it twice is as good as once.
        keyed: Whether the vendor recognises a repeat by its idempotency key.
        group: Its rate limit group.
        limited: Whether the vendor's rate limits count it.
        authorized: Whether credentials belong on it.
        redirect: Whether a redirect is the answer that is asked for.
        verdicts: What the answers mean; None: what the profile says.
    """

    outgoing: Outgoing
    writes: bool = False
    repeatable: bool = True
    keyed: bool = False
    group: str = ""
    limited: bool = True
    authorized: bool = True
    redirect: bool = False
    verdicts: Verdicts | None = None


class Exchange:
    """One call on its way: its attempts, its deadline, and what is known about its effect."""

    def __init__(self, service: Service, task: Task) -> None:
        self._service = service
        self._task = task
        self._clock = service.runtime.clock
        self._until = self._clock.monotonic() + service.profile.deadline
        self._buckets = service.buckets(task.group) if task.limited else []
        self._attempt = 0
        self._repeats: dict[Kind, int] = {}
        self._authorization = Authorization()
        self._renewed = False
        self._doubtful = False

    async def run(self) -> Answer:
        """Attempt until there is a good answer.

        Raises:
            VendorError: There is none, and another attempt is not allowed, not worth while or too late.
        """
        while True:
            self._attempt += 1
            result = await self._once()
            if isinstance(result, Answer):
                self._service.budget.earn(retried=self._attempt > 1)
                return result
            self._doubtful = self._doubtful or not result.certain
            wait = self._again(result)
            if wait is None:
                raise self._final(result)
            self._service.hooks.repeating(
                Repeating(
                    vendor=self._service.profile.vendor,
                    request=self._task.outgoing.name,
                    attempt=self._attempt,
                    wait=wait,
                    reason=result.reason,
                )
            )
            if wait > 0:
                await self._service.runtime.sleep(wait)

    async def _once(self) -> Answer | Failure:
        """One attempt."""
        slots = await self._slots()
        if isinstance(slots, Failure):
            return slots
        left = False
        try:
            if self._task.authorized:
                refused = await self._authorize()
                if refused is not None:
                    return refused
            left = True
            result = await self._send()
            answer = result if isinstance(result, Answer) else result.answer
            left = answer is not None or (isinstance(result, Failure) and not result.certain)
        finally:
            self._release(slots, counted=left)
        if answer is not None and self._buckets:
            self._service.learn(answer, self._buckets)
        return result

    async def _slots(self) -> list[Slot] | Failure:
        """A slot in every bucket, waited for as long as the deadline allows."""
        while True:
            now = self._clock.monotonic()
            slots: list[Slot] = []
            refusal: Refusal | None = None
            for bucket in self._buckets:
                slot = bucket.reserve(now)
                if isinstance(slot, Refusal):
                    refusal = slot
                    break
                slots.append(slot)
            if refusal is None:
                return slots
            self._release(slots, counted=False)
            if now + refusal.wait > self._until:
                return self._no_slot(refusal)
            self._service.hooks.waiting(
                Waiting(
                    vendor=self._service.profile.vendor,
                    request=self._task.outgoing.name,
                    wait=refusal.wait,
                    reason=refusal.reason,
                )
            )
            if refusal.freed is None:
                await self._service.runtime.sleep(max(refusal.wait, _GRAIN))
            else:
                with suppress(TimeoutError):  # asked again anyway, so that the deadline is seen
                    await self._service.runtime.wait(refusal.freed, refusal.wait)

    def _no_slot(self, refusal: Refusal) -> Failure:
        throttled = Throttled(
            f"no free slot within the deadline: {refusal.reason}",
            not_before=self._clock.now() + timedelta(seconds=refusal.wait),
        )
        error = self._service.named(throttled, self._task.outgoing.name)
        return Failure(error=error, reason=refusal.reason, kind=Kind.THROTTLED, certain=True, repeats=0)

    def _release(self, slots: list[Slot], *, counted: bool) -> None:
        now = self._clock.monotonic()
        for bucket, slot in zip(self._buckets, slots, strict=False):
            bucket.release(slot, now, counted=counted)

    async def _authorize(self) -> Failure | None:
        problem: VendorError
        try:
            self._authorization = await self._service.auth.authorize(self._service)
            return None
        except VendorError as error:
            error.reached = Reached.NO
            problem = error
        return self._service.broke(problem, "authorization")

    async def _send(self) -> Answer | Failure:
        """A good answer, or what is wrong with it or kept it away."""
        service, outgoing = self._service, self._task.outgoing
        now, at = self._clock.monotonic(), self._clock.now()
        service.hooks.sending(
            Sending(vendor=service.profile.vendor, request=outgoing.name, attempt=self._attempt)
        )
        complete = evolve(
            outgoing,
            headers=(*outgoing.headers, *self._authorization.headers),
            timeout=max(min(outgoing.timeout, self._until - now), _GRAIN),
        )
        record = partial(
            service.record, complete, at=at, attempt=self._attempt, authorization=self._authorization
        )
        problem: VendorError
        try:
            answer = await service.runtime.send(complete)
            verdicts = self._task.verdicts or service.profile.verdicts
            failure = service.judge(answer, self._authorization, verdicts, redirect=self._task.redirect)
        except VendorError as error:
            problem = error
        except ConnectorError:
            raise  # a header that cannot be sent: nothing has left
        except Exception as error:
            if not self._task.writes:
                raise
            # A write may have left, whatever this is. Its own words could quote a header: only its way stays.
            problem = VendorUnavailable(f"the exchange broke with {type(error).__name__}")
            problem.add_note("".join(format_tb(error.__traceback__)))
        else:
            service.answered(outgoing.name, self._attempt, answer.status, "", answer.elapsed)
            record(answer=answer, elapsed=answer.elapsed)
            return failure or answer
        elapsed = self._clock.monotonic() - now
        service.answered(outgoing.name, self._attempt, None, problem.message, elapsed)
        record(problem=problem.message, elapsed=elapsed)
        return service.broke(problem, outgoing.name)

    def _again(self, failure: Failure) -> float | None:
        """Seconds until the next attempt; None: there is none."""
        service, kind = self._service, failure.kind
        if self._attempt >= service.profile.attempts:
            return None
        if kind is Kind.UNAUTHORIZED:
            worth = service.auth.refused(self._authorization, service, again=self._renewed)
            self._renewed = True
            return 0.0 if worth else None
        if kind not in (Kind.THROTTLED, Kind.IN_PROGRESS, Kind.UNAVAILABLE):
            return None
        if not (failure.certain or self._task.repeatable):
            return None
        self._repeats[kind] = self._repeats.get(kind, 0) + 1
        if failure.repeats is not None and self._repeats[kind] > failure.repeats:
            return None
        wait = failure.wait + retry_wait(self._repeats[kind], service.jitter)
        if failure.pauses and self._buckets:
            self._buckets[-1].pause(self._clock.monotonic() + (failure.wait or wait))
        if self._clock.monotonic() + wait >= self._until:
            return None
        # A throttled request waits its turn and adds no load; only what fails has to be afforded.
        if kind is Kind.UNAVAILABLE and not service.budget.spend():
            return None
        return wait

    def _final(self, failure: Failure) -> VendorError:
        """What is raised in the end."""
        error, task = failure.error, self._task
        if failure.wait and failure.kind in (Kind.UNAVAILABLE, Kind.IN_PROGRESS):
            error = self._stay_away(failure)
        if not task.writes:
            error.reached = Reached.NO  # nothing was to be carried out
        elif self._doubtful and not task.repeatable:
            vendor = self._service.profile.vendor
            unknown = OutcomeUnknown(
                f"{vendor} {task.outgoing.name}: nobody can say whether it was carried out",
                vendor=vendor,
                request=task.outgoing.name,
                status=error.status,
                code=error.code,
            )
            unknown.__cause__ = error
            return unknown
        elif self._doubtful and not (task.keyed and failure.settled):
            error.reached = Reached.MAYBE  # an earlier attempt may have been carried out
        return error

    def _stay_away(self, failure: Failure) -> VendorError:
        """An outage with a stated end that the deadline does not reach."""
        now = self._clock.monotonic()
        if now + failure.wait < self._until:
            return failure.error
        error = failure.error
        return Throttled(
            error.message,
            not_before=self._clock.now() + timedelta(seconds=failure.wait),
            vendor=error.vendor,
            request=error.request,
            status=error.status,
            code=error.code,
            remedy=error.remedy,
            reached=error.reached,
        )
