"""The clouds that a start has chosen: started together, stopped together."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from deploy.local.clouds.aws import AwsCloud, start_aws
from deploy.local.clouds.azure import AzureCloud, start_azure
from deploy.local.clouds.cloud import Cloud
from deploy.local.clouds.google import GoogleCloud, start_google
from deploy.local.settings import LocalSettings
from shared.uris import Provider


@dataclass(frozen=True, slots=True)
class Clouds:
    """Those that run; what was not chosen is None."""

    aws: AwsCloud | None = None
    google: GoogleCloud | None = None
    azure: AzureCloud | None = None

    def __iter__(self) -> Iterator[Cloud]:
        """Go through those that run."""
        yield from (one for one in (self.aws, self.google, self.azure) if one is not None)


@contextmanager
def start_clouds(settings: LocalSettings, *, layers: Sequence[str] = ()) -> Iterator[Clouds]:
    """Start the chosen ones; `layers` stand in front of the one for AWS (see aws.py).

    Raises:
        LocalStackError: one is not installed, not the right version, or its port is taken.
    """
    chosen, data_dir = settings.demo, settings.data_dir
    with ExitStack() as parts:
        aws = google = azure = None
        if Provider.S3 in chosen:
            aws = parts.enter_context(start_aws(data_dir, port=settings.cloud_port, layers=layers))
        if Provider.GCS in chosen:
            google = parts.enter_context(start_google(data_dir))
        if Provider.AZURE in chosen:
            azure = parts.enter_context(start_azure(data_dir))
        yield Clouds(aws, google, azure)
