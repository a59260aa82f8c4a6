"""Checks of the objects: can we list the prefix, and read what is there."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from botocore.exceptions import ClientError

from services.credentials.access.checks import Finding, Remedy, failed, passed, warning
from services.credentials.access.subjects import Subject
from services.credentials.issuers.base import AccessKey
from services.credentials.setup.policies import Document, name_statement
from shared.errors import (
    BucketNotFoundError,
    ObjectArchivedError,
    ObjectNotFoundError,
    StorageDeniedError,
    StorageError,
    WrongRegionError,
)
from shared.storage.base import ListingPage, ObjectRow, ObjectStore

SAMPLES = 5  # spread over the first page: one folder may be readable and the next one not
MOST_ROUNDS = 10  # of samples, when all of them are archived: a listing does not always show it

_GONE = (ObjectNotFoundError, ObjectArchivedError)
_KEY_REFUSED = {
    "InvalidAccessKeyId",
    "InvalidSecurity",
    "InvalidToken",
    "NotSignedUp",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnauthorizedAccess",
}


async def knows_key(store: ObjectStore, subject: Subject) -> Finding:
    """Ask the store anything: an access key that it accepts is an identity, whatever it may do."""
    try:
        await first_page(store, subject.prefix, page_size=1)
    except StorageDeniedError as error:
        if _code(error) in _KEY_REFUSED:
            return failed(
                "The store does not accept the access key.",
                Remedy("customer", "Rotate the credential to keys that the store knows.", {}),
            )
    except (BucketNotFoundError, WrongRegionError):
        pass  # it knew the key well enough to say so
    return passed("The store accepts the access key.")


async def first_page(store: ObjectStore, prefix: str, *, page_size: int = 1_000) -> ListingPage:
    """Return the first page of the prefix; every listing has one."""
    pages = store.list_pages(prefix, page_size=page_size)
    return await anext(pages)


def judge_page(page: ListingPage) -> Finding:
    """Say what the listing showed."""
    if not page.rows and not page.undecodable:
        return passed("Listing works, and nothing is below the prefix yet.")
    count = len(page.rows) + len(page.undecodable)
    more = " and more" if page.last is not None else ""
    noun = "object" if count == 1 else "objects"
    return passed(f"Listing works: {count} {noun}{more} below the prefix.")


def not_listed(subject: Subject, error: StorageDeniedError | BucketNotFoundError) -> Finding:
    """Explain why the prefix cannot be listed."""
    if isinstance(error, BucketNotFoundError):
        advice = "Correct the bucket's name in the URI, or make the bucket."
        return failed(error.detail, Remedy("caller", advice, {}))
    return failed(
        f"The credential may not list s3://{subject.bucket}/{subject.prefix}.",
        Remedy("customer", _where(subject), subject.grants()),
    )


def choose_samples(page: ListingPage) -> list[Sequence[ObjectRow]]:
    """Choose objects to read, in rounds that are each spread over the page.

    Markers and what is empty or archived are left out; the rest is in one round or another.
    """
    readable = [
        row for row in page.rows if row.size and not row.archived and not row.key.endswith("/")
    ]
    step = -(-len(readable) // SAMPLES)
    return [readable[first::step] for first in range(step)]


def why_no_sample(page: ListingPage) -> str:
    """Say why a page has nothing to read, as the end of a sentence."""
    if not page.rows and not page.undecodable:
        return "nothing is below the prefix yet"
    return "the first page of the prefix shows only markers, empty and archived objects"


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading found, and an object to go on with, one that can be read if there is any."""

    finding: Finding
    sample: ObjectRow | None


async def read_samples(
    store: ObjectStore, rounds: Sequence[Sequence[ObjectRow]], subject: Subject
) -> Reading:
    """Read one byte of each sample; go on to the next round while all of them are archived."""
    for samples in rounds[:MOST_ROUNDS]:
        found = await asyncio.gather(*(_read_byte(store, row) for row in samples))
        read = [row for row, error in zip(samples, found, strict=True) if error is None]
        denied = [error for error in found if isinstance(error, StorageDeniedError)]
        if denied:
            finding = _not_read(subject, denied, read=len(read), asked=len(samples))
            return Reading(finding, (read or samples)[0])
        for error in found:
            if error is not None and not isinstance(error, _GONE):
                raise error
        if read:
            sentence = f"Reading works: {len(read)} of {len(samples)} sampled objects."
            return Reading(passed(sentence), read[0])
    gone = "the objects that were sampled are archived or have just been removed"
    return Reading(warning(f"Reading could not be tried: {gone}."), None)


async def _read_byte(store: ObjectStore, row: ObjectRow) -> StorageError | None:
    try:
        await store.read_range(row.key, 0, 1)
    except StorageError as error:
        return error
    return None


def _not_read(
    subject: Subject, denied: Sequence[StorageDeniedError], *, read: int, asked: int
) -> Finding:
    share = f"{read} of {asked} sampled objects can be read"
    if any(_names_kms(error) for error in denied):
        return failed(
            f"{share}: the rest are encrypted with a KMS key that the credential may not use.",
            Remedy(
                "customer",
                "Allow kms:Decrypt in the key's policy, and in the role's where it is another "
                "account's key. The key is the object's "
                "x-amz-server-side-encryption-aws-kms-key-id.",
                {**subject.grants(), **_kms_statement(subject)},
            ),
        )
    return failed(
        f"{share}: access to the rest is denied.",
        Remedy(
            "customer",
            f"{_where(subject)} If it is in place, the objects may be encrypted with a KMS key that"
            " the credential may not use, or belong to another account than the bucket.",
            {**subject.grants(), **_kms_statement(subject)},
        ),
    )


def _where(subject: Subject) -> str:
    if isinstance(subject.identity, AccessKey):
        return "Give the user of the access key this policy."
    if "bucket_policy" in subject.grants():
        return f"Add these statements to the policy of the bucket {subject.bucket}."
    return f"Give the role {subject.identity.role_arn} this permission policy."


def _kms_statement(subject: Subject) -> dict[str, Document]:
    if isinstance(subject.identity, AccessKey):
        return {}
    role_arn = str(subject.identity.role_arn)
    decrypts: Document = {
        "Effect": "Allow",
        "Principal": {"AWS": role_arn},
        "Action": "kms:Decrypt",
        "Resource": "*",
    }
    statement = name_statement("MooringDecrypts", role_arn, decrypts)
    return {"kms_key_policy_statement": statement}


def _code(error: StorageDeniedError) -> str:
    return str(_told(error).get("Code") or "")


def _names_kms(error: StorageDeniedError) -> bool:
    """S3 says AccessDenied for the key as for the object; only its text tells which."""
    told = _told(error)
    return "kms" in f"{told.get('Code')} {told.get('Message')}".lower()


def _told(error: StorageDeniedError) -> Mapping[str, object]:
    """Return the store's own words, which are looked at and not shown."""
    answer = error.__cause__
    return answer.response.get("Error", {}) if isinstance(answer, ClientError) else {}
