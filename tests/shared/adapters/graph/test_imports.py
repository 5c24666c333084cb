import subprocess
import sys


def test_the_sdk_is_not_imported_before_the_first_request() -> None:
    """Cold start: the SDK's modules cost about 0.2 s."""
    program = (
        "import sys; import shared.adapters.graph_msgraph; "
        "print([name for name in sys.modules if name.startswith(('msgraph', 'kiota', 'opentelemetry'))])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
