"""A file on its way to the partner: three attempts, six minutes apart, and retries by hand after that.

Source: Stedi's documentation of outbound delivery and of retries.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import uuid4

from mlconnector_sdk.errors import RequestRefused
from mlconnector_sdk.simulators.stedi import inbound
from mlconnector_sdk.simulators.stedi.account import Account
from mlconnector_sdk.simulators.stedi.partnerships import Partnership
from mlconnector_sdk.simulators.stedi.records import CONNECTION, Execution, instant

__all__ = ["deliver", "retry"]

_ATTEMPTS = 3
_BETWEEN = timedelta(minutes=6)


def deliver(account: Account, partnership: Partnership, execution: Execution) -> None:
    """Bring a file to the partner: at once where the transport takes no time, else later."""
    _after(account, partnership.transport.seconds, partial(_attempt, account, partnership, execution, 1))


def retry(account: Account, execution: Execution) -> Execution:
    """Have a file processed again, as a person may ask for in the portal.

    What goes out is delivered again as it was; what came in is translated again.

    Returns:
        The new execution, the child of the old one, which is ``RETRIED`` from now on.

    Raises:
        RequestRefused: It did not fail, or was retried before: then its child may be retried.
    """
    if not execution.retryable:
        raise RequestRefused(
            f"execution {execution.id} cannot be retried: it is {execution.status}",
            status=400,
            code="BAD_REQUEST",
        )
    if execution.direction == "INBOUND":
        child = inbound.receive(account, execution.content, execution.filename, parent_id=execution.id)
    else:
        child = Execution(
            id=str(uuid4()),
            position=account.next_position(),
            direction="OUTBOUND",
            status="IN_PROGRESS",
            created_at=account.time.now(),
            partnership_id=execution.partnership_id,
            filename=execution.filename,
            content=execution.content,
            mode=execution.mode,
            transactions=execution.transactions,
            parent_id=execution.id,
        )
        account.keep(child)
    execution.status, execution.child_id = "RETRIED", child.id
    execution.updated_at = account.time.now()
    if child.direction == "OUTBOUND":
        deliver(account, account.partnership(child.partnership_id or ""), child)
    return child


def _attempt(account: Account, partnership: Partnership, execution: Execution, attempt: int) -> None:
    with account.lock:
        problem = partnership.transport.next_problem()
        execution.reports.append(
            {
                "id": str(uuid4()),
                "createdAt": instant(account.time.now()),
                "executionId": execution.id,
                "partnershipId": partnership.id,
                **CONNECTION,
                "attempt": attempt,
                "filename": execution.filename,
                "status": "FAILED" if problem else "DELIVERED",
                "message": problem or f"Delivered to sftp://localhost/outbound/{execution.filename}",
            }
        )
        if problem is None:
            _arrive(account, partnership, execution)
        elif attempt < _ATTEMPTS:
            again = partial(_attempt, account, partnership, execution, attempt + 1)
            _after(account, _BETWEEN.total_seconds(), again)
        else:
            account.fault(execution, "DELIVERY_FAILURE", problem)
            account.conclude(execution, "FAILED")
            account.announce_file("file.failed.v2", execution)


def _arrive(account: Account, partnership: Partnership, execution: Execution) -> None:
    x12 = execution.content.decode()
    partnership.files[execution.filename] = x12
    account.conclude(execution, "COMPLETED")
    account.announce_file("file.delivered.v2", execution)
    if partnership.recipient is not None:
        partnership.recipient.receive(x12, execution.filename)


def _after(account: Account, seconds: float, action: Callable[[], None]) -> None:
    if seconds:
        account.agenda.at(account.time.now() + timedelta(seconds=seconds), action)
    else:
        action()
