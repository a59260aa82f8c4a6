"""`s3.list`: keys listed per second of CPU time, beside aioboto3's paginator and s5cmd."""

from tests.bench.lines import Line, Scale, compared
from tests.bench.programs import page_server, run_module, run_s5cmd


async def measure_listing(scale: Scale) -> list[Line]:
    ours: list[float] = []
    peers: dict[str, list[float]] = {"s5cmd ls": [], "s5cmd ls, by the clock": [], "aioboto3": []}
    bucket = f"folders-{scale.listed_keys}"
    async with page_server() as server:
        for _ in range(scale.runs):
            ours.append(await _list_by("ours", server.endpoint, bucket, scale.listed_keys))
            paginated = await _list_by("paginator", server.endpoint, bucket, scale.listed_keys)
            peers["aioboto3"].append(paginated)
            run = await run_s5cmd(server.endpoint, "ls", f"s3://{bucket}/*")
            assert run.lines == scale.listed_keys
            peers["s5cmd ls"].append(run.lines / run.cpu)
            peers["s5cmd ls, by the clock"].append(run.lines / run.wall)
    return [compared("s3.list", ours, "keys per CPU-second", peers)]


async def _list_by(lister: str, endpoint: str, bucket: str, keys: int) -> float:
    took = await run_module("tests.bench.listers", lister, endpoint, bucket)
    assert took["keys"] == keys
    return took["keys"] / took["cpu"]
