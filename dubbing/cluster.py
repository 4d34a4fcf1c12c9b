"""The django-q2 cluster of this machine: started, watched, restarted when it is stuck, stopped.

What django-q2 does not do by itself: its sentinel's children outlive a sentinel that is killed, and a worker that is
killed while it waits at the queue takes the queue's lock with it. So every process of the cluster dies with its parent
(:func:`work.processes.die_with_parent`), and the whole cluster is replaced when its sentinel is gone or its queue
stands still.
"""

from __future__ import annotations

import logging
import signal
import threading

from django.db import connections
from django_q.cluster import Cluster
from django_q.conf import Conf

from work import shutdown

logger = logging.getLogger(__name__)

STOP_SECONDS = 15.0


class Queue:
    """The cluster as a thing to start, look at and stop."""

    def __init__(self, workers: int) -> None:
        Conf.WORKERS = workers
        Conf.QUEUE_LIMIT = max(Conf.QUEUE_LIMIT or 0, 1)
        self._cluster: Cluster | None = None

    def start(self) -> None:
        """Fork the cluster; our own database connections are closed before."""
        connections.close_all()
        handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
        self._cluster = Cluster()
        # The cluster's own handlers join its processes inside the handler, for as long as a task takes.
        for number, handler in handlers.items():
            signal.signal(number, handler)
        self._cluster.start()

    @property
    def alive(self) -> bool:
        """Whether the sentinel still stands."""
        return self._cluster is not None and bool(self._cluster.sentinel.is_alive())

    def kill(self) -> None:
        """End it at once; work in hand is lost, its leases are found by the reaper."""
        if self._cluster is not None and self._cluster.sentinel.pid:
            self._cluster.sentinel.kill()
            self._cluster.sentinel.join()

    def restart(self) -> None:
        """Kill what is left of it and start anew."""
        self.kill()
        self.start()

    def stop(self) -> None:
        """Have the work handed back, then end; by force when it takes longer than ``STOP_SECONDS``."""
        shutdown.request()
        if not self.alive or self._cluster is None:
            return
        force = threading.Timer(STOP_SECONDS, self._cluster.sentinel.kill)
        force.daemon = True
        force.start()
        try:
            self._cluster.stop()
        finally:
            force.cancel()
