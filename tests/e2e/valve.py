"""Stands between one instance and Redis, and holds or cuts what goes through.

    valve = Valve(redis.port)
    server = Instance(redis.url(port=valve.port))
    with valve.holding():      # Redis hears the instance; its answers wait here
        ...
        valve.cut()            # they are lost, and the connections with them
    with valve.holding_commands(): ...  # not those to XREAD
    with valve.refusing(): ... # nobody gets through
    with valve.delaying():     # what the instance says is kept
        ...
        valve.cut_near()       # it comes back on other connections,
    valve.deliver_late()       # and later its old ones have their say
"""

import contextlib
import select
import socket
import struct
import threading
import time

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with RST
LOOK_AGAIN = 0.005  # seconds until a change of state is seen


class Valve:
    def __init__(self, port):
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._to_redis = {}  # sockets of the instance, and where their bytes go
        self._from_redis = {}
        self._commanders = set()  # sockets of the instance that add entries
        self._late = []  # sockets to Redis that have lost their instance
        self._kept = {}  # bytes for some of those to Redis
        self._holds = lambda near: False
        self._delays = self._refuses = self._over = False
        self.refused = []  # when somebody was
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @contextlib.contextmanager
    def holding(self, which=lambda near: True):
        with self._lock:
            self._holds = which
        try:
            yield
        finally:
            with self._lock:
                self._holds = lambda near: False

    def holding_commands(self):
        return self.holding(lambda near: near in self._commanders)

    @contextlib.contextmanager
    def refusing(self):
        with self._lock:
            self._refuses = True
            self._drop(self._to_redis)
        try:
            yield
        finally:
            with self._lock:
                self._refuses = False

    @contextlib.contextmanager
    def delaying(self):
        with self._lock:
            self._delays = True
        try:
            yield
        finally:
            with self._lock:
                self._delays = False

    def kept(self):
        """How many bytes are kept for Redis."""
        with self._lock:
            return sum(map(len, self._kept.values()))

    def cut_near(self):
        """Breaks the instance's side of each connection: what is kept of it has
        left the instance, and is on its way."""
        with self._lock:
            self._delays = False
            for near in list(self._to_redis):
                self._late.append(self._to_redis[near])
                self._drop([near], far_too=False)

    def deliver_late(self):
        """Returns once Redis has heard it, or has closed those connections."""
        for far in self._late:
            with contextlib.suppress(OSError):
                far.sendall(self._kept.pop(far, b""))
                far.shutdown(socket.SHUT_WR)
                while far.recv(1 << 16):
                    pass
            far.close()
        self._late.clear()

    def cut(self):
        """Breaks every connection; new ones are welcome."""
        with self._lock:
            self._drop(self._to_redis)

    def stop(self):
        self._over = True
        self._thread.join()
        self._drop(self._to_redis)
        self._listener.close()

    def _drop(self, instances, far_too=True):
        for near in list(instances):
            far = self._to_redis.pop(near)
            del self._from_redis[far]
            for side in (near, far) if far_too else (near,):
                side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                side.close()

    def _run(self):
        while not self._over:
            with self._lock:
                watched = [self._listener, *self._to_redis]
                watched += [far for far, near in self._from_redis.items()
                            if not self._holds(near)]
            with contextlib.suppress(OSError, ValueError):  # one was cut meanwhile
                ready, _, _ = select.select(watched, [], [], LOOK_AGAIN)
                with self._lock:
                    for source in ready:
                        self._serve(source)

    def _serve(self, source):
        if source is self._listener:
            self._accept()
        elif source in self._to_redis:
            self._forward(source, self._to_redis[source], source)
        elif source in self._from_redis:
            near = self._from_redis[source]
            if not self._holds(near):
                self._forward(source, near, near)

    def _accept(self):
        near, _ = self._listener.accept()
        far = None
        with contextlib.suppress(OSError):
            far = None if self._refuses else socket.create_connection(self._target)
        if far is None:
            self.refused.append(time.monotonic())
            near.close()
            return
        for side in (near, far):
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._to_redis[near], self._from_redis[far] = far, near

    def _forward(self, source, target, near):
        try:
            data = source.recv(1 << 16)
            if source is near and b"XADD" in data:
                self._commanders.add(near)
            if self._delays and source is near:
                self._kept[target] = self._kept.get(target, b"") + data
            else:
                target.sendall(data)
        except OSError:
            data = b""
        if not data:
            self._drop([near])
