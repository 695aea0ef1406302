"""One case of the benchmark of diagnosis, and the programs that make and judge it."""
import dataclasses
import hashlib
import os
import pathlib
import shutil
import subprocess
import threading
from typing import Callable


class Impossible(Exception):
    """The network has no place for the fault, or the changed model is refused: nothing wrong can come of it."""


@dataclasses.dataclass
class Case:
    network: object
    group: str
    kind: str
    expected: set
    make: Callable  # folder -> options of 'plumb diagnose' that name what is wrong; raises Impossible

    @property
    def key(self):
        return f"{self.network.name} / {self.kind}"


class Programs:
    def __init__(self, plumb, make_fault, python, work):
        self.plumb, self.make_fault_program, self.python = plumb, make_fault, python
        self.work = pathlib.Path(work).resolve()
        self.locks, self.guard = {}, threading.Lock()
        (self.work / "made").mkdir(parents=True, exist_ok=True)

    def run(self, *command, ok=(0,)):
        """Exit code, standard output and CPU seconds of the program."""
        process = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        errors = []
        reader = threading.Thread(target=lambda: errors.append(process.stderr.read()))
        reader.start()
        output = process.stdout.read().decode()
        reader.join()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in ok:
            text = errors[0].decode(errors="replace")
            raise RuntimeError(f"{' '.join(map(str, command))}: exit {process.returncode}: {text[-500:]}")
        return process.returncode, output, used.ru_utime + used.ru_stime

    def once(self, file, make):
        """`file`, made by the first who asks for it; others wait."""
        with self.guard:
            lock = self.locks.setdefault(str(file), threading.Lock())
        with lock:
            if not file.exists():
                part = file.with_name("part-" + file.name)
                if part.is_dir():  # of a run that was cut off
                    shutil.rmtree(part)
                make(part)
                part.rename(file)
        return file

    def convert(self, network, folder, *options, model=None, calib=None, limit=100):
        """The network's artifact, in the folder of the case."""
        model, calib = pathlib.Path(model or network.model), pathlib.Path(calib or network.calib)
        options = [str(o) for o in (*network.without(options), *options)]
        key = hashlib.sha256("\0".join([calib.name, str(limit), *options]).encode() + model.read_bytes()).hexdigest()[:16]

        def make(part):
            code, _, _ = self.run(self.plumb, "convert", model, "-o", part, "--calib", calib, "--calib-limit", limit, "--check-limit", 1,
                                  "--no-judge", "--no-lock", "--golden", "none", "--force", "-q", "--threads", 1, *options, ok=(0, 3, 4))
            if code == 4:
                raise Impossible
        made = self.once(self.work / "made" / f"{network.name}-{key}.plumb", make)
        out = folder / "subject.plumb"
        shutil.copyfile(made, out)
        return out

    def make_fault(self, network, folder, kind, where):
        sound = self.convert(network, folder)
        out = folder / "faulty.plumb"
        code, _, _ = self.run(self.make_fault_program, sound, out, kind, where, ok=(0, 3))
        if code == 3:
            raise Impossible
        return out

    def change_model(self, network, folder, kind):
        out = folder / "changed.onnx"
        here = pathlib.Path(__file__).resolve().parent
        code, _, _ = self.run(self.python, here / "change_model.py", network.model, out, kind, ok=(0, 3))
        if code == 3:
            raise Impossible
        return out
