"""Processes that hold one network each and are timed in turn."""
import json
import os
import select
import statistics
import subprocess
import tempfile
import time

PATIENCE = 600  # seconds for one answer


class Worker:
    """A process that speaks the protocol of plumb bench --serve. Whatever goes wrong in it becomes `error`."""

    def __init__(self, runtime, command, env=None):
        self.runtime, self.error = runtime, None
        self.medians, self.leasts, self.loads = [], [], []
        self.stderr = tempfile.TemporaryFile()
        self.buffer = b""
        try:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.stderr, env=env)
        except OSError as error:
            self.process, self.error, self.loaded = None, f"cannot be started: {error}", None
            return
        self.loaded = self.answer()
        if self.loaded:
            self.version = self.loaded["version"]

    def answer(self):
        """The next JSON object, or None once something has gone wrong."""
        end = time.monotonic() + PATIENCE
        while b"\n" not in self.buffer:
            if not select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
                self.process.kill()
                return self.fail(f"no answer in {PATIENCE} seconds")
            got = os.read(self.process.stdout.fileno(), 1 << 16)
            if not got:
                return self.fail(f"its process ended with status {self.process.wait()}")
            self.buffer += got
        line, self.buffer = self.buffer.split(b"\n", 1)
        found = json.loads(line)
        if "error" in found:
            self.error = found["error"]
            return None
        return found

    def fail(self, why):
        self.stderr.seek(0)
        said = self.stderr.read().decode(errors="replace").strip().splitlines()
        self.error = why + (f": {said[-1][:200]}" if said else "")
        return None

    def ask(self, line):
        if self.error:
            return None
        try:
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return self.fail(f"its process ended with status {self.process.wait()}")
        return self.answer()

    def time(self, seconds):
        if found := self.ask(f"time {seconds}"):
            self.medians.append(found["ms_median"])
            self.leasts.append(found["ms_least"])

    def load(self):
        if found := self.ask("load"):
            self.loads.append(found["load_ms"])

    def stop(self):
        if self.process:
            try:
                self.process.stdin.write(b"quit\n")
                self.process.stdin.close()
            except BrokenPipeError:
                pass  # it has ended already
            self.process.wait()
            self.process.stdout.close()
        self.stderr.close()

    def row(self):
        """What was measured, for the results."""
        return {"runtime": self.runtime, "version": self.version, "ms_least": min(self.medians),
                "ms_median": statistics.median(self.medians), "ms_single_least": min(self.leasts),
                "load_ms": min(self.loads or [self.loaded["load_ms"]]),
                "resident_bytes": self.loaded["resident_bytes"],
                "model_bytes": max(0, self.loaded["resident_bytes"] - self.loaded["resident_before_bytes"])}


def go_round(workers, rounds, seconds, load_rounds, say=lambda text: None):
    """Times all workers in turn, round after round, so that a slow spell of the machine hits each alike."""
    for number in range(rounds):
        for worker in workers:
            worker.time(seconds)
            if number < load_rounds:
                worker.load()
        say(f"round {number + 1} of {rounds}")
