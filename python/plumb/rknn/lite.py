"""RKNNLite: what a board's inference loop calls."""
from __future__ import annotations

import os
from typing import Any, List, Optional

import numpy as np

import plumb

from . import loading, picture_sources
from .calls import returns
from .inference import Runtime
from .log import Log
from .platforms import TARGETS, CoreMasks
from .versions import sdk_version


class Lite(CoreMasks):
    """Loads an artifact and runs it. Objects are independent: several in several threads run at the same time, each call in the
    thread that makes it; calls on one object follow one another."""

    def __init__(self, verbose: bool = False, verbose_file: Optional[str] = None) -> None:
        self._log = Log(bool(verbose), verbose_file)
        picture_sources.watch()  # a script may read its picture before it has a runtime
        self._path: Optional[str] = None
        self._facts: Optional[plumb.Inspection] = None  # of the file at _path
        self._runtime: Optional[Runtime] = None

    @returns(-1)
    def load_rknn(self, path: Any) -> int:
        """path: an artifact of Plumb, whatever its name. 0; -1 for a file that is none, with what it is."""
        self._facts = loading.check_artifact(os.fsdecode(path), "load_rknn", self._log)
        self._path = os.fsdecode(path)
        return 0

    @returns(-1)
    def init_runtime(self, core_mask: int = CoreMasks.NPU_CORE_AUTO, target: Any = None, device_id: Any = None,
                     async_mode: bool = False) -> int:
        """One thread an object, so that several objects share the cores; PLUMB_RKNN_THREADS says otherwise."""
        if self._path is None or self._facts is None:
            raise plumb.UsageError("load_rknn comes first")
        self._log.once("I", "init_runtime", "runs on this machine's processor")
        self._close()
        self._runtime = Runtime(self._path, self._facts, self._log, threads=loading.threads(default=1))
        return 0

    @returns(None)
    def inference(self, inputs: Any, data_format: Any = None, inputs_pass_through: Any = None) -> Optional[List[np.ndarray]]:
        if self._runtime is None:
            raise plumb.UsageError("init_runtime comes first")
        return self._runtime.run(inputs, data_format, inputs_pass_through)

    def get_sdk_version(self) -> str:
        return sdk_version()

    @returns(None)
    def list_support_target_platform(self, rknn_model: Any = None) -> Any:
        """Without a model, every target's name by kind; with one, what it was made for. Printed, and returned as a dict."""
        if rknn_model is None:
            found = {"support_target_platform": list(TARGETS)}
        else:
            facts = loading.facts(os.fsdecode(rknn_model))
            found = {"support_target_platform": facts.to_dict().get("targets", list(TARGETS)), "filled_target_platform":
                     facts.to_dict().get("targets", [])}
        print(found)
        return found

    def release(self) -> None:
        self._close()
        self._path = self._facts = None
        self._log.close()

    def _close(self) -> None:
        if self._runtime is not None:
            self._runtime.close()
            self._runtime = None
