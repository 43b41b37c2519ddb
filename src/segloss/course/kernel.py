"""The process that runs a student's cells: an ordinary kernel that has first given up memory, disk and network.

Run as ``python -m segloss.course.kernel MEMORY -f CONNECTION_FILE``, MEMORY in bytes. It keeps mistakes in bounds and
is no sandbox: who means harm finds a way around a hook in the same process.
"""

import ctypes
import sys
from typing import Any

FILE_BYTES = 256 * 2**20  # the largest file that a cell may write
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # flags of Linux's unshare
_LOCAL = ("127.0.0.1", "::1", "localhost")


def limit_resources(memory_bytes: int) -> None:
    """Bound the address space and the size of files, and write no core dumps. Windows knows no such limits."""
    try:
        import resource
    except ImportError:
        return
    limits = {resource.RLIMIT_AS: memory_bytes, resource.RLIMIT_FSIZE: FILE_BYTES, resource.RLIMIT_CORE: 0}
    for kind, limit in limits.items():
        try:
            resource.setrlimit(kind, (limit, limit))
        except (ValueError, OSError):
            print(f"This system does not bound {kind}.", file=sys.__stderr__)  # macOS bounds no address space


def leave_network() -> bool:
    """Move to a network of its own, without any interface that is up; False where the system does not allow it."""
    if sys.platform != "linux":
        return False
    unshare = ctypes.CDLL(None).unshare
    # Root may do so at once; others in a user namespace of their own, where it is not forbidden.
    return unshare(_NEW_NETWORK) == 0 or unshare(_NEW_USER | _NEW_NETWORK) == 0


def refuse_connections(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: raise where Python looks up or calls another machine."""
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # a file's name: a socket of this machine
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    if host is not None and host not in _LOCAL:
        raise PermissionError("There is no network while an assignment is graded.")


def main() -> None:
    """Give up what cells shall not have, then start the kernel."""
    limit_resources(int(sys.argv.pop(1)))
    leave_network()
    sys.addaudithook(refuse_connections)
    from ipykernel.kernelapp import IPKernelApp

    IPKernelApp.launch_instance()


if __name__ == "__main__":
    main()
