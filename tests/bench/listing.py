"""`s3.list`: keys per second of CPU time; `s3.list.remote`: by the clock, from a distant store."""

from collections.abc import Mapping

from tests.bench.lines import Line, Scale, compared
from tests.bench.programs import page_server, run_module, run_s5cmd

LATENCY = "100ms"  # of each page; in its own region S3 takes this long for a thousand keys


async def measure_listing(scale: Scale) -> list[Line]:
    ours: list[float] = []
    peers: dict[str, list[float]] = {"s5cmd ls": [], "s5cmd ls, by the clock": [], "aioboto3": []}
    bucket = f"folders-{scale.listed_keys}"
    async with page_server() as server:
        for _ in range(scale.runs):
            took = await _list_by("ours", server.endpoint, bucket, scale.listed_keys)
            ours.append(took["keys"] / took["cpu"])
            took = await _list_by("paginator", server.endpoint, bucket, scale.listed_keys)
            peers["aioboto3"].append(took["keys"] / took["cpu"])
            run = await run_s5cmd(server.endpoint, "ls", f"s3://{bucket}/*")
            assert run.lines == scale.listed_keys
            peers["s5cmd ls"].append(run.lines / run.cpu)
            peers["s5cmd ls, by the clock"].append(run.lines / run.wall)
    return [compared("s3.list", ours, "keys per CPU-second", peers)]


async def measure_remote_listing(scale: Scale) -> list[Line]:
    """List more keys than s5cmd does: it takes a tenth of the time for each."""
    ours: list[float] = []
    peers: dict[str, list[float]] = {"s5cmd ls": []}
    few, many = f"folders-{scale.listed_keys}-{LATENCY}", f"folders-{scale.remote_keys}-{LATENCY}"
    async with page_server() as server:
        for _ in range(scale.runs):
            took = await _list_by("ranges", server.endpoint, many, scale.remote_keys)
            ours.append(took["keys"] / took["wall"])
            run = await run_s5cmd(server.endpoint, "ls", f"s3://{few}/*")
            assert run.lines == scale.listed_keys
            peers["s5cmd ls"].append(run.lines / run.wall)
    return [compared("s3.list.remote", ours, "keys/s with 16 ranges, 100 ms a page", peers)]


async def _list_by(lister: str, endpoint: str, bucket: str, keys: int) -> Mapping[str, float]:
    took = await run_module("tests.bench.listers", lister, endpoint, bucket)
    assert took["keys"] == keys
    return took
