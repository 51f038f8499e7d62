"""A second of an idle processor, on a machine that may be slower or busy."""

from time import process_time

LOOPS = 1_000_000
SHARE = 0.03  # seconds that the loops take on an idle processor (AMD EPYC, Python 3.11)


def second() -> float:
    """How long this machine takes now for the work of one second of an idle processor.

    The limits of processor time were chosen on such a processor. A slower machine and other load
    slow down these loops like the code that is measured.
    """
    total, started = 0, process_time()
    for number in range(LOOPS):
        total += number
    return (process_time() - started) / SHARE
