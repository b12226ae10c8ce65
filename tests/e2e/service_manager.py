"""Plays systemd: owns the datagram socket that a service tells how it is, and
opens the sockets that it listens on."""

import fcntl
import os
import socket

from rivulet import DEADLINE, RivuletTest, temporary_folder

# A process knows its number only once it is there.
AS_LISTEN_PID = ("sh", "-c", 'export LISTEN_PID=$$; exec "$0" "$@"')
FIRST_INHERITED = 3
ABOVE = 64  # those that are handed over


class Manager:
    """Hears what a service says; `name` is a path, or @ and any text."""

    def __init__(self, name):
        self.environment = {"NOTIFY_SOCKET": name}
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(name.replace("@", "\0", 1) if name[0] == "@" else name)
        self._socket.settimeout(DEADLINE)

    def hear(self):
        """The lines of the next message."""
        return self._socket.recv(4096).decode().splitlines()

    def close(self):
        self._socket.close()


class ManagedTest(RivuletTest):
    def manager(self, name=None):
        """One that hears until the test is over."""
        manager = Manager(name or str(temporary_folder(self) / "notify"))
        self.addCleanup(manager.close)
        return manager

    def listening(self, family=socket.AF_INET, address=("127.0.0.1", 0)):
        """A socket whose number is none of those that are handed over."""
        with socket.socket(family, socket.SOCK_STREAM) as low:
            number = fcntl.fcntl(low.fileno(), fcntl.F_DUPFD_CLOEXEC, ABOVE)
        one = socket.socket(fileno=number)
        self.addCleanup(one.close)
        one.bind(address)
        one.listen()
        return one

    def activate(self, *sockets, names=None, listeners=None, arguments=(), **options):
        """A server that is handed these sockets."""
        def hand_over():
            for number, one in enumerate(sockets, FIRST_INHERITED):
                os.dup2(one.fileno(), number)

        environment = {"LISTEN_FDS": str(len(sockets))}
        if names is not None:
            environment["LISTEN_FDNAMES"] = names
        return self.serve(
            *arguments,
            environment=environment,
            wrapper=AS_LISTEN_PID,
            listeners=listeners or len(sockets),
            preexec_fn=hand_over,
            close_fds=False,
            **options,
        )
