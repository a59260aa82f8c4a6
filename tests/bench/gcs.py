"""`gcs.list`: keys per second of CPU time; `gcs.sign`: URLs per second of CPU time."""

from collections.abc import Mapping

from tests.bench.lines import Line, Scale, compared
from tests.bench.programs import page_server, run_module

GOOGLE = "google-cloud-storage"
AIO = "gcloud-aio-storage"


async def measure_gcs_listing(scale: Scale) -> list[Line]:
    ours: list[float] = []
    peers: dict[str, list[float]] = {GOOGLE: [], AIO: []}
    bucket = f"folders-{scale.listed_keys}"
    async with page_server() as server:
        for _ in range(scale.runs):
            for lister, rates in (
                ("gcs", ours),
                ("gcs-google", peers[GOOGLE]),
                ("gcs-aio", peers[AIO]),
            ):
                took = await run_module("tests.bench.listers", lister, server.endpoint, bucket)
                assert took["keys"] == scale.listed_keys
                rates.append(_rate(took, "keys"))
    return [compared("gcs.list", ours, "keys per CPU-second", peers)]


async def measure_gcs_signing(scale: Scale) -> list[Line]:
    ours: list[float] = []
    peers: dict[str, list[float]] = {GOOGLE: []}
    for _ in range(scale.runs):
        for signer, rates in (("ours", ours), ("google", peers[GOOGLE])):
            took = await run_module("tests.bench.signers", signer, str(scale.signed_urls))
            rates.append(_rate(took, "urls"))
    return [compared("gcs.sign", ours, "URLs per CPU-second", peers)]


def _rate(took: Mapping[str, float], what: str) -> float:
    return took[what] / took["cpu"]
