"""The sample company: Ostermann Pike, a made-up maker of linear actuators in Regensburg and Grand Rapids.

Its documents are written as text under `texts/<library>/` and rendered by `devstack.sample.build`. One
folder is one SharePoint library; the libraries differ in scope, so that the same question has another answer
for another reader: parental leave for alice (Germany) is not what it is for bob (United States), salary bands
exist for HR only, and error codes of the product for Engineering only.
"""

from dataclasses import dataclass
from pathlib import Path

TEXTS = Path(__file__).parent / "texts"
QUESTIONS = Path(__file__).parent / "questions.jsonl"
VECTORS = Path(__file__).parent / "vectors.npz"


@dataclass(frozen=True, slots=True)
class SampleLibrary:
    """A library to register: `folder` is its name below the build's output folder; `department` is a
    department's name, `country` an ISO 3166-1 alpha-2 code, and `None` means everyone."""

    name: str
    folder: str
    department: str | None
    country: str | None


SAMPLE_LIBRARIES: tuple[SampleLibrary, ...] = (
    SampleLibrary("Company", "Company", None, None),
    SampleLibrary("Germany", "Germany", None, "DE"),
    SampleLibrary("United States", "United States", None, "US"),
    SampleLibrary("HR", "HR", "HR", "DE"),
    SampleLibrary("Engineering", "Engineering", "Engineering", None),
)
