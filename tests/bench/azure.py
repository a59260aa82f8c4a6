"""`azure.list`: keys, and `azure.sign`: URLs, for each second of CPU time, beside Azure's SDK."""

from tests.bench.lines import Line, Scale, compared
from tests.bench.programs import azure_page_server, run_module

SDK = "azure-storage-blob"


async def measure_azure_listing(scale: Scale) -> list[Line]:
    """The SDK lists fewer keys: it takes many times as long for each."""
    ours: list[float] = []
    sdk: list[float] = []
    many, few = scale.listed_keys, scale.listed_keys // 10
    async with azure_page_server() as server:
        for _ in range(scale.runs):
            ours.append(await _list_by("ours", server.endpoint, many))
            sdk.append(await _list_by("sdk", server.endpoint, few))
    return [compared("azure.list", ours, "keys per CPU-second", {f"{SDK} list_blobs": sdk})]


async def measure_azure_signing(scale: Scale) -> list[Line]:
    ours: list[float] = []
    sdk: list[float] = []
    for _ in range(scale.runs):
        ours.append(await _sign_by("ours", scale.signed_urls))
        sdk.append(await _sign_by("sdk", scale.signed_urls // 10))
    return [compared("azure.sign", ours, "URLs per CPU-second", {f"{SDK} generate_blob_sas": sdk})]


async def _list_by(lister: str, endpoint: str, keys: int) -> float:
    took = await run_module("tests.bench.azure_listers", lister, endpoint, f"blobs-{keys}")
    assert took["keys"] == keys
    return took["keys"] / took["cpu"]


async def _sign_by(signer: str, urls: int) -> float:
    took = await run_module("tests.bench.azure_signers", signer, str(urls))
    assert took["urls"] == urls
    return took["urls"] / took["cpu"]
