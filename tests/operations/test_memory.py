"""What a process does before it forks, so that its children share its memory for long."""

import ctypes
import gc

import pytest

from forum import memory

THINGS = 2_000


def test_no_hole_is_left_for_what_a_fork_makes():
    """Else each small thing would lie in another hole of its parent's, and cost it a page."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallinfo2"):
        pytest.skip("not glibc")
    library.mallinfo2.restype = memory._Figures

    def holes() -> int:
        told = library.mallinfo2()
        return int(told.fordblks - told.keepcost)

    # A heap with a hole on nearly each page, as imports leave it.
    made = [(bytearray(3_200), bytearray(560)) for _ in range(THINGS)]
    stays = [large for large, _ in made]
    del made
    before = holes()
    memory.settle()
    try:
        # Threads of other tests have heaps of their own, which stay as they are.
        assert holes() < before - THINGS * 500
        assert gc.get_freeze_count() > len(stays)
    finally:
        gc.unfreeze()
