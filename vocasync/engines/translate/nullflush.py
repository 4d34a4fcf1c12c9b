"""One Apertium mode as a chain of processes that stays up and answers text by text.

``apertium -z`` buffers when it is driven through pipes and never answers, so the ``.mode`` file is parsed here and each
stage is started with ``-z`` of its own: after every NUL byte a stage flushes what it has
(https://wiki.apertium.org/wiki/NUL_flush). A first answer takes about 0.3 s, every further one about a millisecond.
"""

from __future__ import annotations

import os
import selectors
import shlex
import subprocess
import threading
import time
from pathlib import Path

END = b"[][\n]"
"""Blanks that close a text. They come through untouched: an answer without them was cut short by a stage that died
(the stages after it flush what they have, and a NUL, when their input ends)."""
ANSWER_SECONDS = 60.0
"""How long one text may take, loading of the dictionaries on a busy machine included."""


def stages(mode_file: Path) -> list[list[str]]:
    """The commands of a ``.mode`` file, each told to flush on NUL.

    ``$1`` becomes ``-g``: mark what is not known. ``$2`` (tagger debugging) becomes nothing.
    """
    line = mode_file.read_text(encoding="utf-8").strip().splitlines()[0]
    commands = [shlex.split(part.replace("$1", "-g").replace("$2", "")) for part in line.split("|")]
    return [[command[0], "-z", *command[1:]] for command in commands if command]


class ModePipeline:
    """Safe to use from several threads (one text at a time). Processes that died are started again once a text."""

    def __init__(self, mode_file: Path) -> None:
        self._mode_file = mode_file
        self._lock = threading.Lock()
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def pids(self) -> tuple[int, ...]:
        """Of the running stages, first to last."""
        return tuple(process.pid for process in self._processes)

    def ask(self, text: str) -> str:
        """One line in Apertium's stream format, through all stages.

        Raises :class:`OSError` when the processes cannot be kept alive or do not answer.
        """
        data = text.replace("\0", "").encode() + END + b"\0"
        with self._lock:
            try:
                return self._exchange(data)
            except OSError:  # a stage was killed since the last text, or by this one: once more with fresh ones
                self._stop()
            try:
                return self._exchange(data)
            except OSError:
                self._stop()
                raise

    def close(self) -> None:
        """End the processes; the next :meth:`ask` starts them again."""
        with self._lock:
            self._stop()

    def forget(self) -> None:
        """In a forked child: let go of the parent's processes without touching them."""
        self._lock = threading.Lock()
        for process in self._processes:
            _close_pipes(process)
            process.returncode = 0  # not ours to wait for
        self._processes = []

    def _start(self) -> None:
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        source: int = subprocess.PIPE
        for command in stages(self._mode_file):
            process = subprocess.Popen(
                command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0, env=environment
            )
            if self._processes:
                _close(self._processes[-1].stdout)  # the next stage has it now
            self._processes.append(process)
            source = process.stdout.fileno() if process.stdout else subprocess.PIPE
        os.set_blocking(self._input(), False)

    def _input(self) -> int:
        stream = self._processes[0].stdin
        return stream.fileno() if stream else -1

    def _output(self) -> int:
        stream = self._processes[-1].stdout
        return stream.fileno() if stream else -1

    def _exchange(self, data: bytes) -> str:
        """Write and read at the same time: with both pipes full, one after the other would wait for ever."""
        if not self._processes:
            self._start()
        deadline = time.monotonic() + ANSWER_SECONDS
        answer = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self._output(), selectors.EVENT_READ)
            selector.register(self._input(), selectors.EVENT_WRITE)
            while not answer.endswith(b"\0"):
                ready = selector.select(max(0.0, deadline - time.monotonic()))
                if not ready:
                    raise TimeoutError(f"no answer within {ANSWER_SECONDS:.0f} s")
                for key, _ in ready:
                    if key.fd == self._output():
                        answer += _read(key.fd)
                    else:
                        data = data[os.write(key.fd, data) :]
                        if not data:
                            selector.unregister(key.fd)
        if END[-3:] not in answer:
            raise BrokenPipeError("a stage ended")
        return answer[:-1].replace(END, b"").replace(END[-3:], b"").decode(errors="replace")

    def _stop(self) -> None:
        for process in self._processes:
            _close_pipes(process)
        for process in self._processes:  # without input they end by themselves
            try:
                process.wait(1)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes = []


def _read(descriptor: int) -> bytes:
    block = os.read(descriptor, 65536)
    if not block:
        raise BrokenPipeError("a stage ended")
    return block


def _close_pipes(process: subprocess.Popen[bytes]) -> None:
    _close(process.stdin)
    _close(process.stdout)


def _close(stream: object) -> None:
    close = getattr(stream, "close", None)
    if close is not None:
        close()
