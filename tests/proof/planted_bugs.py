"""The bugs of `planted`: each a small slip in flow or storage that a hurried colleague could make.

What is replaced occurs exactly once in its file: `tests/flow/test_planted.py` watches that, so that whoever
rewrites the place meets the table, and plants the bug anew.
"""

# ruff: noqa: E501 - source text is quoted with its indentation

from __future__ import annotations

from attrs import frozen

__all__ = ["BUGS", "Bug"]


@frozen(kw_only=True)
class Bug:
    """One slip.

    Args:
        name: What goes wrong, in a few words.
        file: Where, below the package.
        old: The text that is replaced; it occurs once.
        new: What it is replaced with.
        tests: The files, or single tests, of which at least one has to fail.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


_MEMORY = "storage/memory/outbox.py"
_SQL = "storage/sqlite/outbox.py"


def _contract(*tests: str, backend: str) -> tuple[str, ...]:
    file = f"tests/storage/test_{backend.lower()}.py"
    return tuple(f"{file}::Test{backend}Store::{test}" for test in tests)


_COLLECTING = (
    Bug(
        name="the checkpoint moves although the window was not read completely",
        file="flow/collect.py",
        old="                    return  # the window is not read completely: the next run reads it again",
        new="                    break",
        tests=("tests/flow/test_windows.py",),
    ),
    Bug(
        name="the checkpoint moves with the first batch",
        file="flow/collect.py",
        old="                records += len(batch)\n"
        "                await self._commit(flow, report, held_back, baseline=baseline)\n",
        new="                records += len(batch)\n"
        "                reached = Checkpoint(\n"
        "                    flow=flow.name, cursors=walk.cursors, revision=before.revision\n"
        "                )\n"
        "                await self._commit(\n"
        "                    flow, report, held_back, baseline=baseline, checkpoint=reached if moves else None\n"
        "                )\n",
        tests=("tests/flow/test_windows.py",),
    ),
    Bug(
        name="the checkpoint moves before the last batch is committed",
        file="flow/collect.py",
        old="            collected = await self._commit(\n"
        "                flow, report, held_back, checkpoint=after if moves else None, baseline=baseline\n"
        "            )\n",
        new="            collected = await self._commit(flow, report, (), checkpoint=after if moves else None)\n"
        "            await self._commit(flow, report, held_back, baseline=baseline)\n",
        tests=("tests/flow/test_windows.py",),
    ),
    Bug(
        name="a backfill moves the live checkpoint",
        file="flow/collect.py",
        old="moves=checkpoint is None or since is None)",
        new="moves=True)",
        tests=("tests/flow/test_collect.py",),
    ),
    Bug(
        name="the inbox row is closed in a commit of its own",
        file="flow/collect.py",
        old="                    await self._commit(flow, report, seen, closes=((event.source, event.event_id),))\n",
        new="                    await self._commit(flow, report, (), closes=((event.source, event.event_id),))\n"
        "                    await self._commit(flow, report, seen)\n",
        tests=("tests/flow/test_windows.py",),
    ),
    Bug(
        name="what existed at go-live is sent",
        file="flow/collect.py",
        old="healthy = State.KNOWN if baseline else State.PENDING",
        new="healthy = State.PENDING",
        tests=("tests/flow/test_collect.py",),
    ),
    Bug(
        name="the old partner of an order that moved is not told",
        file="flow/collect.py",
        old="            entries += tuple(await moved(self.store, entries))\n",
        new="            await moved(self.store, entries)\n",
        tests=("tests/flow/test_mending.py",),
    ),
    Bug(
        name="an order whose supplier is hidden is taken away from its partner",
        file="flow/moved.py",
        old="        if not new.partner or new.state is not State.PENDING or",
        new="        if new.state is not State.PENDING or",
        tests=("tests/flow/test_mending.py",),
    ),
)

_KEYS = (
    Bug(
        name="the idempotency key lacks the payload",
        file="flow/keys.py",
        old="digest(ordering_key, kind, str(sequence), payload)",
        new="digest(ordering_key, kind, str(sequence))",
        tests=("tests/flow/test_keys.py",),
    ),
    Bug(
        name="the idempotency key lacks the sequence",
        file="flow/keys.py",
        old="digest(ordering_key, kind, str(sequence), payload)",
        new="digest(ordering_key, kind, payload)",
        tests=("tests/flow/test_keys.py",),
    ),
    Bug(
        name="the ordering key lacks the tenant",
        file="flow/keys.py",
        old="for part in (flow, tenant, environment, partner, number)",
        new="for part in (flow, environment, partner, number)",
        tests=("tests/flow/test_keys.py",),
    ),
    Bug(
        name="the parts of the ordering key are not quoted",
        file="flow/keys.py",
        old='quote(part, safe=" -._:/#") for part',
        new="part for part",
        tests=("tests/flow/test_keys.py",),
    ),
    Bug(
        name="the key is made before the payload is frozen",
        file="flow/deliver.py",
        old="        return _keyed(evolve(entry, kind=kind, payload=mapped.payload, document=mapped.document))",
        new="        keyed = _keyed(evolve(entry, kind=kind))\n"
        "        return evolve(keyed, payload=mapped.payload, document=mapped.document)",
        tests=("tests/flow/test_refusals.py",),
    ),
    Bug(
        name="a document that is sent again goes under its old key",
        file="flow/mend.py",
        old='        await self._save(entry, old, "resent", text, again)\n',
        new='        await self._again(entry, "resent", text, old)\n',
        tests=("tests/flow/test_mending.py",),
    ),
)

_DELIVERING = (
    Bug(
        name="the store is told before the audit log",
        file="flow/outcomes.py",
        old="        await self.journal.write(self._notes)\n"
        "        self._notes = []\n"
        "        changes, self._changes = self._changes, []\n"
        "        if not (changes or marks):\n"
        "            return set()\n"
        "        refused = set(await arrived(self.store.save([*changes, *marks])))\n",
        new="        changes, self._changes = self._changes, []\n"
        "        refused = set(await arrived(self.store.save([*changes, *marks])))\n"
        "        await self.journal.write(self._notes)\n"
        "        self._notes = []\n",
        tests=("tests/flow/test_windows.py",),
    ),
    Bug(
        name="the mark in flight is stored only after the send",
        file="flow/outcomes.py",
        old="        refused = await self._commit([Change(entry=entry) for entry in in_flight])\n"
        "        self._decided |= {entry.id for entry in in_flight}\n"
        "        return [evolve(entry, fence=entry.fence + 1) for entry in in_flight if entry.id not in refused]\n",
        new="        self._decided |= {entry.id for entry in in_flight}\n        return list(in_flight)\n",
        tests=("tests/flow/test_recovery.py",),
    ),
    Bug(
        name="what another worker took over is sent all the same",
        file="flow/outcomes.py",
        old="for entry in in_flight if entry.id not in refused]",
        new="for entry in in_flight]",
        tests=("tests/flow/test_recovery.py",),
    ),
    Bug(
        name="the follow-ons are saved in a commit of their own",
        file="flow/outcomes.py",
        old="        refused = set(await arrived(self.store.save([*changes, *marks])))\n",
        new="        alone = [Change(entry=change.entry) for change in changes]\n"
        "        refused = set(await arrived(self.store.save([*alone, *marks])))\n"
        "        wanted = tuple(new for change in changes for new in change.follow_ons)\n"
        "        if wanted:\n"
        "            from mlconnector_sdk.records import Collection\n"
        "\n"
        "            await arrived(self.store.collect(Collection(entries=wanted)))\n",
        tests=("tests/flow/test_windows.py",),
    ),
    Bug(
        name="the results of a batch are never recorded",
        file="flow/deliver.py",
        old="                await outcomes.record()\n",
        new="                pass\n",
        tests=("tests/flow/test_deliver.py::test_the_story_of_a_delivery",),
    ),
    Bug(
        name="the lease is not renewed by the mark",
        file="flow/deliver.py",
        old="        leased_until = now + _lease_length(flow)\n        in_flight = []\n",
        new="        leased_until = entries[0].leased_until or now\n        in_flight = []\n",
        tests=("tests/flow/test_recovery.py",),
    ),
    Bug(
        name="a crash is looked into before the vendor can know",
        file="flow/deliver.py",
        old="not_before=leased_until + flow.sink.on_unknown.settle,",
        new="not_before=None,",
        tests=("tests/flow/test_recovery.py",),
    ),
    Bug(
        name="a document leaves under a lease that does not outlive the request",
        file="flow/deliver.py",
        old="if not (self._lease_outlives_request(flow, entry) and recovery.may_repeat(entry)):",
        new="if not recovery.may_repeat(entry):",
        tests=("tests/flow/test_recovery.py",),
    ),
    Bug(
        name="an outage uses up attempts",
        file="flow/outcomes.py",
        old="        as_leased = evolve(self._leased[entry.id], fence=entry.fence, changed_at=entry.changed_at)\n",
        new="        as_leased = evolve(entry, state=self._leased[entry.id].state)\n",
        tests=("tests/flow/test_deliver.py::test_a_vendor_that_rests_takes_the_rest_of_the_batch_back",),
    ),
    Bug(
        name="a whole queue becomes uncertain in an outage",
        file="flow/deliver.py",
        old="            if outcomes.unanswered >= _OUTAGE:",
        new="            if outcomes.unanswered >= 1_000 * _OUTAGE:",
        tests=("tests/flow/test_recovery.py",),
    ),
    Bug(
        name="the failing connection of one partner stops all others",
        file="flow/outage.py",
        old="        return bool(partner) and self._in_a_row == 1\n",
        new="        return False\n",
        tests=("tests/flow/test_outage.py",),
    ),
    Bug(
        name="a vendor that is down is tried with every partner",
        file="flow/outage.py",
        old="        return bool(partner) and self._in_a_row == 1\n",
        new="        return bool(partner)\n",
        tests=("tests/flow/test_outage.py",),
    ),
    Bug(
        name="a partner that a person paused is sent to",
        file="flow/deliver.py",
        old="    return tuple(sorted(by_person | set(flow.paused())))",
        new="    return tuple(sorted(by_person & set(flow.paused())))",
        tests=("tests/flow/test_mending.py",),
    ),
    Bug(
        name="a partner that the partner file pauses is sent to",
        file="flow/deliver.py",
        old="    return tuple(sorted(by_person | set(flow.paused())))",
        new="    return tuple(sorted(by_person))",
        tests=("tests/flow/test_windows.py",),
    ),
    Bug(
        name="more is sent than a run may send",
        file="flow/deliver.py",
        old="            self.left -= 1",
        new="            self.left -= 0",
        tests=("tests/flow/test_mending.py",),
    ),
)

_UNKNOWN = (
    Bug(
        name="a send is repeated under a key that the vendor has forgotten",
        file="flow/recover.py",
        old="        return self.clock.now() + self.flow.sink.timeout < entry.first_sent_at + policy.same_key_for",
        new="        return bool(policy.same_key_for)",
        tests=("tests/flow/test_deliver.py::test_after_the_key_is_forgotten_the_effect_is_looked_for",),
    ),
    Bug(
        name="an uncertain send is repeated where a person should be asked",
        file="flow/recover.py",
        old="if self.flow.sink.on_unknown.if_absent is IfAbsent.SEND:",
        new="if self.flow.sink.on_unknown.if_absent in IfAbsent:",
        tests=(
            "tests/flow/test_deliver.py::test_by_default_an_uncertain_send_goes_before_a_person_and_waits",
        ),
    ),
    Bug(
        name="not there yet is taken for not there",
        file="flow/recover.py",
        old='            self._wait(entry, "too early to see whether it arrived")\n            return False\n',
        new="            return True\n",
        tests=("tests/flow/test_confirm.py",),
    ),
    Bug(
        name="a refusal counts as certain although an earlier attempt may have arrived",
        file="flow/outcomes.py",
        old="outcome_unknown=self._was_uncertain(entry))",
        new="outcome_unknown=False)",
        tests=("tests/flow/test_deliver.py::test_a_refusal_after_an_uncertain_attempt_is_still_uncertain",),
    ),
    Bug(
        name="retry sends what may have arrived",
        file="flow/mend.py",
        old="        if entry.outcome_unknown:\n"
        "            raise _may_have_arrived(entry)\n"
        "        history =",
        new="        history =",
        tests=("tests/flow/test_refusals.py",),
    ),
    Bug(
        name="an older document goes after a newer one was taken",
        file="flow/mend.py",
        old="        if newer is not None:\n            raise DocumentError(",
        new="        if newer is not None and newer.sequence < entry.sequence:\n            raise DocumentError(",
        tests=("tests/flow/test_refusals.py",),
    ),
    Bug(
        name="what a worker is sending is settled by a person",
        file="flow/settle.py",
        old="        return entry.state is State.IN_FLIGHT and free\n",
        new="        return entry.state is State.IN_FLIGHT or free\n",
        tests=("tests/flow/test_mending.py",),
    ),
)

_DECIDING = (
    Bug(
        name="a state gives way although it may have left",
        file="flow/decide.py",
        old="    if newer and entry.attempts == 0:",
        new="    if newer:",
        tests=("tests/flow/test_decide.py",),
    ),
    Bug(
        name="a state gives way to one that was dismissed",
        file="flow/decide.py",
        old="(State.SUPERSEDED, State.KNOWN, State.DISMISSED)\n\n\ndef _was",
        new="(State.SUPERSEDED, State.KNOWN)\n\n\ndef _was",
        tests=("tests/flow/test_decide.py",),
    ),
    Bug(
        name="a rejection does not reach the mapping",
        file="flow/decide.py",
        old="    return Deliver(refused[-1] if refused else None)",
        new="    return Deliver(None)",
        tests=("tests/flow/test_decide.py",),
    ),
    Bug(
        name="an uncertain dead letter is closed by a newer state",
        file="flow/decide.py",
        old="other.state.waits_for_person and not other.outcome_unknown",
        new="other.state.waits_for_person",
        tests=("tests/flow/test_decide.py",),
    ),
    Bug(
        name="a rejection after the acknowledgment does not count",
        file="flow/confirm.py",
        old="        return entry.state.taken\n",
        new="        return entry.state in (State.ACCEPTED, State.DELIVERED)\n",
        tests=("tests/flow/test_confirm.py",),
    ),
    Bug(
        name="a late delivery report takes the acknowledgment back",
        file="flow/confirm.py",
        old="and _RANK[said.state] > _RANK[entry.state]",
        new="and said.state is not entry.state",
        tests=("tests/flow/test_confirm.py",),
    ),
    Bug(
        name="a delivery report takes back the partner's rejection",
        file="flow/confirm.py",
        old="        return entry.references.get(_REJECTED_BY) == said.reference[0]\n",
        new="        return _REJECTED_BY in entry.references\n",
        tests=("tests/flow/test_confirm.py",),
    ),
    Bug(
        name="reports that came first are not woken",
        file="flow/outcomes.py",
        old="            self.note(line)\n            self._change(change.entry)\n",
        new="            self.note(line)\n",
        tests=("tests/flow/test_confirm.py",),
    ),
)

_IN_MEMORY = (
    Bug(
        name="memory: the fence is not checked",
        file=_MEMORY,
        old="            if position is None or self._entries[position - 1].fence != change.entry.fence:",
        new="            if position is None:",
        tests=_contract("test_an_old_fence_is_refused", backend="Memory"),
    ),
    Bug(
        name="memory: what blocks is passed by",
        file=_MEMORY,
        old="            if other.sequence < entry.sequence and other.blocks:\n                return False\n",
        new="",
        tests=_contract("test_what_an_earlier_entry_blocks", backend="Memory"),
    ),
    Bug(
        name="memory: what another worker holds is leased",
        file=_MEMORY,
        old="            if due and not _held(entry, now) and self._has_its_turn(entry, now):",
        new="            if due and self._has_its_turn(entry, now):",
        tests=_contract("test_a_lease_excludes_until_it_ends", backend="Memory"),
    ),
    Bug(
        name="memory: events are told apart by their number",
        file=_MEMORY,
        old="            return (new.flow, new.event_id) not in self._event_ids\n",
        new="            return not self._lines.get(new.ordering_key)\n",
        tests=_contract("test_events_never_collapse", backend="Memory"),
    ),
    Bug(
        name="memory: a state is compared with all earlier ones",
        file=_MEMORY,
        old="        return not line or self._entries[line[-1] - 1].fingerprint != new.fingerprint",
        new="        return all(self._entries[each - 1].fingerprint != new.fingerprint for each in line or ())",
        tests=_contract("test_a_state_that_comes_back_is_new", backend="Memory"),
    ),
    Bug(
        name="memory: the partner is said to have the first document",
        file=_MEMORY,
        old="list(self._line(ordering_key))[::-1]",
        new="list(self._line(ordering_key))",
        tests=_contract("test_what_the_partner_has_is_the_newest", backend="Memory"),
    ),
    Bug(
        name="memory: the follow-ons of a refused save stay",
        file=_MEMORY,
        old="                refused.append(change.entry.id)\n                continue\n",
        new="                refused.append(change.entry.id)\n"
        "                self.add(change.follow_ons)\n"
        "                continue\n",
        tests=_contract("test_follow_ons_are_refused_with_what_asked_for_them", backend="Memory"),
    ),
    Bug(
        name="memory: purge empties what is pending",
        file=_MEMORY,
        old="            and entry.state not in _UNFINISHED\n            and not entry.state.waits_for_person\n",
        new="            and not entry.state.waits_for_person\n",
        tests=_contract("test_what_is_not_done_is_left_alone", backend="Memory"),
    ),
    Bug(
        name="memory: a checkpoint moves from anywhere",
        file="storage/memory/store.py",
        old="        if checkpoint.revision != (stored.revision if stored else 0):\n            return False\n",
        new="",
        tests=_contract("test_the_checkpoint_moves_only_from_where_it_is", backend="Memory"),
    ),
    Bug(
        name="both: the payload is not frozen with the mark",
        file="storage/admission.py",
        old='    "payload",\n',
        new="",
        tests=_contract("test_what_is_saved_is_stored", backend="Memory"),
    ),
)

_IN_SQLITE = (
    Bug(
        name="sqlite: the fence is not checked",
        file=_SQL,
        old=" or row.id != entry.id or row.fence != entry.fence:",
        new=" or row.id != entry.id:",
        tests=_contract("test_an_old_fence_is_refused", backend="SQLite"),
    ),
    Bug(
        name="sqlite: dead letters that block are passed by",
        file=_SQL,
        old="          WHERE earlier.blocking > 0\n",
        new="          WHERE earlier.blocking > 1\n",
        tests=_contract("test_what_an_earlier_entry_blocks", backend="SQLite"),
    ),
    Bug(
        name="sqlite: what another worker holds is leased",
        file=_SQL,
        old="      AND (entries.leased_until IS NULL OR entries.leased_until <= :now)\n",
        new="",
        tests=_contract("test_a_lease_excludes_until_it_ends", backend="SQLite"),
    ),
    Bug(
        name="sqlite: the newest position is leased first",
        file=_SQL,
        old="ORDER BY entries.position LIMIT :limit",
        new="ORDER BY entries.position DESC LIMIT :limit",
        tests=_contract("test_the_oldest_position_comes_first", backend="SQLite"),
    ),
    Bug(
        name="sqlite: events are told apart by their number",
        file=_SQL,
        old="            known = (new.flow, new.event_id) in events\n",
        new="            known = sequence > 0\n",
        tests=_contract("test_events_never_collapse", backend="SQLite"),
    ),
    Bug(
        name="sqlite: a state is compared with all earlier ones",
        file=_SQL,
        old="            known = sequence > 0 and fingerprint == new.fingerprint\n",
        new='            same = "SELECT 1 FROM entries WHERE ordering_key = ? AND fingerprint = ?"\n'
        "            known = fingerprint == new.fingerprint or bool(\n"
        "                connection.execute(same, (new.ordering_key, new.fingerprint)).fetchone()\n"
        "            )\n",
        tests=_contract("test_a_state_that_comes_back_is_new", backend="SQLite"),
    ),
    Bug(
        name="sqlite: the partner is said to have the first document",
        file="storage/sqlite/finding.py",
        old="AND state IN ({states}) ORDER BY sequence DESC LIMIT 1",
        new="AND state IN ({states}) ORDER BY sequence LIMIT 1",
        tests=_contract("test_what_the_partner_has_is_the_newest", backend="SQLite"),
    ),
    Bug(
        name="sqlite: the follow-ons of a refused save stay",
        file=_SQL,
        old="        follow_ons: list[NewEntry] = []\n",
        new="        follow_ons: list[NewEntry] = [new for change in batch for new in change.follow_ons]\n",
        tests=_contract("test_follow_ons_are_refused_with_what_asked_for_them", backend="SQLite"),
    ),
    Bug(
        name="sqlite: purge empties what is pending",
        file="storage/sqlite/purging.py",
        old="    if state.waits_for_person or state in (State.PENDING, State.IN_FLIGHT)\n",
        new="    if state.waits_for_person\n",
        tests=_contract("test_what_is_not_done_is_left_alone", backend="SQLite"),
    ),
    Bug(
        name="sqlite: a checkpoint moves from anywhere",
        file="storage/sqlite/store.py",
        old="revision = revision + 1 WHERE flow = ? AND revision = ?",
        new="revision = revision + 1 WHERE flow = ? AND revision >= ?",
        tests=_contract("test_the_checkpoint_moves_only_from_where_it_is", backend="SQLite"),
    ),
    Bug(
        name="sqlite: the transaction is not committed",
        file="storage/sqlite/group_commit.py",
        old='        connection.execute("COMMIT")\n',
        new="",
        tests=_contract("test_an_observation_becomes_an_entry", backend="SQLite"),
    ),
    Bug(
        name="sqlite: a failed operation is committed with the others",
        file="storage/sqlite/group_commit.py",
        old="        if not all(ticket.run(connection) for ticket in batch):\n            return False\n",
        new="        for ticket in batch:\n            ticket.run(connection)\n",
        tests=("tests/storage/test_group_commit.py",),
    ),
    Bug(
        name="sqlite: a claim is given to everybody",
        file="storage/sqlite/claims.py",
        old=" WHERE owner = :owner OR until <= :now\n",
        new="\n",
        tests=_contract("test_a_name_has_one_owner", backend="SQLite"),
    ),
)

BUGS: tuple[Bug, ...] = (
    *_COLLECTING,
    *_KEYS,
    *_DELIVERING,
    *_UNKNOWN,
    *_DECIDING,
    *_IN_MEMORY,
    *_IN_SQLITE,
)
"""All of them."""
