"""Webhook jobs: what is due is sent to a real receiver, again and again where that must be."""

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from sqlalchemy import update

from deploy.local.ports import free_port
from services.ingest.webhook_jobs import JITTER, PAUSES, SLOW, WebhookJob, WebhookJobs
from services.ingest.webhook_sender import WebhookSender
from shared.clock import FrozenClock, SystemClock
from shared.database.outbox import EventType, add_event
from shared.database.session import Database
from shared.database.webhook_deliveries import MOST_ATTEMPTS, WebhookDelivery
from shared.database.webhooks import disable_webhook
from shared.egress import EgressGuard
from tests.conftest import Tenant
from tests.services.ingest.posting import ON_PREMISES, SECRETS, Post, post_for
from tests.services.ingest.receivers import Receiver, serve


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with serve() as one:
        yield one


@pytest.fixture
async def sender() -> AsyncIterator[WebhookSender]:
    one = WebhookSender(ON_PREMISES)
    yield one
    await one.close()


@pytest.fixture
def post(database: Database, tenant: Tenant, sender: WebhookSender) -> Post:
    """The receivers look at the time, so that it is the real one."""
    return post_for(database, tenant, SystemClock(), sender=sender)


async def test_what_is_due_is_sent_in_order_signed_and_once(post: Post, receiver: Receiver) -> None:
    webhook_id = await post.add(receiver.url)
    events = [await post.tell(number) for number in range(3)]
    await post.run(webhook_id)
    await post.run(webhook_id)
    assert [UUID(each.event_id) for each in receiver.messages] == events
    webhook = await post.webhooks.get(post.tenant.org_id, webhook_id)
    assert all(each.is_signed_with(SECRETS.of(webhook)) for each in receiver.messages)
    assert [each.content["type"] for each in receiver.messages] == ["dataset.changed"] * 3
    assert [each.content["data"] for each in receiver.messages] == [
        {"dataset_id": str(UUID(int=5)), "number": number} for number in range(3)
    ]
    assert [
        (each.state, each.attempts, each.next_attempt_at)
        for each in await post.deliveries(webhook_id)
    ] == [("delivered", 1, None)] * 3


async def test_an_attempt_is_recorded_with_its_status(
    database: Database,
    tenant: Tenant,
    sender: WebhookSender,
    clock: FrozenClock,
    receiver: Receiver,
) -> None:
    post = post_for(database, tenant, clock, sender=sender)
    webhook_id = await post.add(receiver.url)
    await post.tell()
    receiver.statuses.extend([500, 302])
    await post.run(webhook_id)
    await post.run_when_due(webhook_id)
    await post.run_when_due(webhook_id)
    [delivery] = await post.deliveries(webhook_id)
    at = clock.now().isoformat()
    assert (delivery.state, delivery.attempts) == ("delivered", 3)
    assert delivery.latest_attempts == [
        {"attempted_at": at, "status": status, "code": None} for status in (500, 302, 204)
    ]


async def test_a_message_is_the_same_each_time_but_for_its_time_and_signature(
    post: Post, receiver: Receiver
) -> None:
    webhook_id = await post.add(receiver.url)
    await post.tell()
    receiver.statuses.append(503)
    await post.run(webhook_id)
    await post.run_when_due(webhook_id)
    first, second = receiver.messages
    assert (first.event_id, first.body) == (second.event_id, second.body)


async def test_a_delivery_fails_after_the_whole_schedule_and_none_is_forgotten_before(
    post: Post, receiver: Receiver
) -> None:
    webhook_id = await post.add(receiver.url)
    await post.tell()
    receiver.statuses.extend([500] * 99)
    await post.run(webhook_id)
    pauses = []
    while (await post.deliveries(webhook_id))[0].state == "pending":
        pauses.append(await post.pause(webhook_id))
        [(_, waits)] = await post.waiting_jobs(webhook_id)
        assert abs(waits - pauses[-1]) < timedelta(seconds=30)
        await post.run_when_due(webhook_id)
    assert len(receiver.messages) == 10
    expected = [pause * (1 + JITTER) for pause in PAUSES]
    off = [before - after for before, after in zip(expected, pauses, strict=True)]
    assert all(timedelta() <= each < timedelta(seconds=30) for each in off), pauses
    [delivery] = await post.deliveries(webhook_id)
    assert (delivery.state, delivery.attempts, delivery.next_attempt_at) == ("failed", 10, None)


async def test_pauses_grow() -> None:
    assert all(one < next_one for one, next_one in pairwise(PAUSES))
    assert sum(PAUSES, timedelta()) > timedelta(days=3)


async def test_a_longer_pause_that_the_receiver_asks_for_is_kept(
    post: Post, receiver: Receiver
) -> None:
    webhook_id = await post.add(receiver.url)
    await post.tell()
    receiver.statuses.append(429)
    receiver.headers["Retry-After"] = "600"
    await post.run(webhook_id)
    assert timedelta(seconds=570) < await post.pause(webhook_id) <= timedelta(seconds=600)


async def test_where_nobody_listens_is_tried_again_later(post: Post) -> None:
    webhook_id = await post.add(f"http://127.0.0.1:{free_port()}/")
    await post.tell()
    await post.run(webhook_id)
    [delivery] = await post.deliveries(webhook_id)
    assert (delivery.state, delivery.attempts) == ("pending", 1)
    assert delivery.latest_attempts[0]["code"] == "connect-failed"


async def test_a_private_address_is_refused_for_each_attempt(
    post: Post, receiver: Receiver
) -> None:
    """The operator allowed private addresses when the webhook was added, and no more."""
    webhook_id = await post.add(receiver.url)
    await post.tell()
    strict = WebhookSender(EgressGuard(allow_private=False))
    jobs = WebhookJobs(post.database, strict, SECRETS, SystemClock())
    await jobs.run(WebhookJob(post.tenant.org_id, webhook_id))
    await strict.close()
    [delivery] = await post.deliveries(webhook_id)
    assert (delivery.state, delivery.latest_attempts[0]["code"]) == ("pending", "not-allowed")
    assert receiver.messages == []


async def test_a_receiver_that_is_gone_is_sent_nothing_more(post: Post, receiver: Receiver) -> None:
    webhook_id = await post.add(receiver.url)
    for number in range(3):
        await post.tell(number)
    receiver.statuses.extend([200, 410])
    await post.run(webhook_id)
    await post.tell()
    await post.run(webhook_id)
    assert len(receiver.messages) == 2
    assert [(each.state, each.attempts) for each in await post.deliveries(webhook_id)] == [
        ("delivered", 1),
        ("failed", 1),
        ("failed", 0),
    ]
    webhook = await post.webhooks.get(post.tenant.org_id, webhook_id)
    assert (webhook.state, webhook.disabled_because) == ("disabled", "gone")
    assert await post.waiting_jobs(webhook_id) == []


async def test_a_rotated_secret_signs_beside_the_old_one(post: Post, receiver: Receiver) -> None:
    webhook_id = await post.add(receiver.url)
    before = SECRETS.of(await post.webhooks.get(post.tenant.org_id, webhook_id))
    rotated = await post.webhooks.rotate_secret(post.tenant.org_id, webhook_id)
    await post.tell()
    await post.run(webhook_id)
    [message] = receiver.messages
    assert before != rotated.secret
    assert message.is_signed_with(before)
    assert message.is_signed_with(rotated.secret)
    assert len(message.headers["webhook-signature"].split()) == 2


async def test_only_the_newest_attempts_are_kept_of_many(post: Post, receiver: Receiver) -> None:
    webhook_id = await post.add(receiver.url)
    await post.tell()
    receiver.statuses.extend([500] * 99)
    for _ in range(MOST_ATTEMPTS + 2):
        await post.run_when_due(webhook_id)
        async with post.database.begin(post.tenant.org_id) as session:
            await session.execute(update(WebhookDelivery).values(tries=0))
    [delivery] = await post.deliveries(webhook_id)
    assert (delivery.attempts, len(delivery.latest_attempts)) == (22, 20)


async def test_a_webhook_that_answers_slowly_lets_others_go_first(
    database: Database,
    tenant: Tenant,
    sender: WebhookSender,
    clock: FrozenClock,
    receiver: Receiver,
) -> None:
    post = post_for(database, tenant, clock, sender=sender)
    webhook_id = await post.add(receiver.url)
    for number in range(2):
        await post.tell(number)

    async def pass_time() -> None:
        clock.advance(SLOW * 2)

    receiver.before_answer = pass_time
    await post.run(webhook_id)
    await post.tell(2)
    assert len(receiver.messages) == 1
    [(priority, pause)] = await post.waiting_jobs(webhook_id)
    assert (priority, pause <= timedelta()) == (-1, True)


async def test_a_job_that_is_stopped_leaves_the_rest_to_another(
    post: Post, receiver: Receiver
) -> None:
    webhook_id = await post.add(receiver.url)
    for number in range(2):
        await post.tell(number)

    async def stop() -> None:
        post.jobs.stop()

    receiver.before_answer = stop
    await post.run(webhook_id)
    assert [each.state for each in await post.deliveries(webhook_id)] == ["delivered", "pending"]
    assert len(await post.waiting_jobs(webhook_id)) == 1


async def test_what_two_jobs_send_at_once_is_recorded_once(post: Post, receiver: Receiver) -> None:
    """As when a worker was taken for dead: at least once is what is promised."""
    webhook_id = await post.add(receiver.url)
    await post.tell()

    async def run_another() -> None:
        receiver.before_answer = None
        await post.run(webhook_id)

    receiver.before_answer = run_another
    await post.run(webhook_id)
    assert len(receiver.messages) == 2
    [delivery] = await post.deliveries(webhook_id)
    assert (delivery.state, delivery.attempts) == ("delivered", 1)


async def test_a_webhook_that_is_deleted_while_it_is_sent_to_is_no_trouble(
    post: Post, receiver: Receiver
) -> None:
    webhook_id = await post.add(receiver.url)
    await post.tell()

    async def delete() -> None:
        await post.webhooks.delete(post.tenant.org_id, webhook_id)

    receiver.before_answer = delete
    await post.run(webhook_id)
    assert await post.deliveries(webhook_id) == []


async def test_what_happened_while_a_webhook_was_being_disabled_is_given_up(
    post: Post, receiver: Receiver
) -> None:
    webhook_id = await post.add(receiver.url)
    async with post.database.begin(post.tenant.org_id) as session:
        await disable_webhook(session, webhook_id, because="asked")
        async with post.database.begin(post.tenant.org_id) as other:
            await add_event(
                other,
                org_id=post.tenant.org_id,
                type=EventType.DATASET_CHANGED,
                subject={},
                payload={},
            )
    await post.run(webhook_id)
    [delivery] = await post.deliveries(webhook_id)
    assert (delivery.state, receiver.messages) == ("failed", [])
    assert await post.waiting_jobs(webhook_id) == []


async def test_what_is_disabled_while_it_is_sent_to_counts_as_delivered(
    post: Post, receiver: Receiver
) -> None:
    webhook_id = await post.add(receiver.url)
    for number in range(2):
        await post.tell(number)

    async def disable() -> None:
        await post.webhooks.change(
            post.tenant.org_id,
            webhook_id,
            url=None,
            description=None,
            event_types=None,
            state="disabled",
        )

    receiver.before_answer = disable
    await post.run(webhook_id)
    assert len(receiver.messages) == 1
    assert [each.state for each in await post.deliveries(webhook_id)] == ["delivered", "failed"]
