import signal

pytest_plugins = ["tests.support.postgres", "tests.support.mesh"]


def pytest_configure() -> None:
    """Lets children be stopped by Ctrl-C, which a run in the background of a shell ignores, and they with it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
