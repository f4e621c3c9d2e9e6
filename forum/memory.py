"""What a process does before it forks, so that its children share its memory for long.

A page of memory is copied for a child as soon as the child writes to it. So what many pages hold
must not be written to without need.
"""

import ctypes
import gc

# Below the smallest block that glibc maps apart; above its smallest chunk.
LARGEST_HOLE, SMALLEST_HOLE = 65_536, 16


class _Figures(ctypes.Structure):
    """What `mallinfo2` of glibc tells; `keepcost` is what is free at the top of the heap."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    ]


def settle() -> None:
    """Keep what is loaded by now where it is. To be called just before a process forks."""
    # The garbage collector writes into every object it walks.
    gc.collect()
    gc.freeze()
    _fill_holes()


def _fill_holes() -> None:
    """Take the free places between what stays; does nothing where the C library is not glibc.

    Else each small thing that a child makes would lie in another hole, on another page: opening
    an SQLite database cost 5 MB, and costs 0.5 MB like this.
    """
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallinfo2"):
        return
    library.mallinfo2.restype = _Figures
    library.malloc.argtypes, library.malloc.restype = [ctypes.c_size_t], ctypes.c_void_p
    library.free.argtypes = [ctypes.c_void_p]
    size = LARGEST_HOLE
    while size >= SMALLEST_HOLE:
        top = library.mallinfo2().keepcost
        block = library.malloc(size)
        if library.mallinfo2().keepcost != top:
            # It came from the top: no hole is as large as this.
            library.free(block)
            size //= 2
