"""What the verbs find out, as objects. to_dict() gives the object that the program prints with --json."""
from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Type, TypeVar

V = TypeVar("V", bound="Verdict")
T = TypeVar("T")


@dataclass(frozen=True)
class Result:
    """Base of results: the fields here are the usual ones, `facts` holds all."""

    facts: Dict[str, Any] = field(repr=False)

    def to_dict(self) -> Dict[str, Any]:
        return copy.deepcopy(self.facts)


@dataclass(frozen=True)
class Finding:
    """One thing that was found: level is "pass", "warning" or "failure"; 'plumb explain CODE' says more."""

    code: str
    level: str
    text: str
    fix: str
    evidence: str


@dataclass(frozen=True)
class Rung:
    """One step of the ladder of checks: status is "pass", "warning", "failure" or "skipped"."""

    code: str
    title: str
    status: str
    figure: str
    worst: str
    seconds: float


@dataclass(frozen=True)
class OutputError:
    """An output of the integer network beside the float one: sqnr in dB, cosine from -1 to 1."""

    name: str
    sqnr: float
    cosine: float


def _list(kind: Type[T], rows: List[Dict[str, Any]]) -> List[T]:
    names = kind.__dataclass_fields__  # type: ignore[attr-defined]
    return [kind(**{name: row[name] for name in names}) for row in rows]


@dataclass(frozen=True)
class Verdict(Result):
    """verdict: "pass", "warning" or "failure"; next: what to do then, may be empty."""

    verdict: str
    findings: List[Finding]
    rungs: List[Rung]
    outputs: List[OutputError]
    next: str
    samples: int

    @property
    def passed(self) -> bool:
        return self.verdict != "failure"

    @classmethod
    def of(cls: Type[V], facts: Dict[str, Any], **more: Any) -> V:
        return cls(facts=facts, verdict=facts["verdict"], findings=_list(Finding, facts["findings"]),
                   rungs=_list(Rung, facts["rungs"]), outputs=_list(OutputError, facts["outputs"]), next=facts["next"],
                   samples=facts["samples"], **more)


@dataclass(frozen=True)
class ConvertResult(Verdict):
    """A conversion: artifact is the file, when written; kept_float lists layers as {"name", "op", "reason"}."""

    written: bool
    artifact: str
    lock: Optional[str]
    kept_float: List[Dict[str, str]]
    contracts: List[str]
    no_effect: List[str]

    @classmethod
    def of(cls: Type[V], facts: Dict[str, Any], **more: Any) -> V:
        return super().of(facts, **{name: facts[name] for name in (  # type: ignore[misc]
            "written", "artifact", "lock", "kept_float", "contracts", "no_effect")}, **more)


@dataclass(frozen=True)
class VerifyResult(Verdict):
    """A check of an artifact."""


@dataclass(frozen=True)
class Distance:
    """Of two tensors, flattened: cosine similarity and Euclidean distance; None where something is not finite."""

    cosine: Optional[float]
    euclidean: Optional[float]


@dataclass(frozen=True)
class Layer:
    """A tensor of the model in the artifact. kind: "input", "layer" or "conversion" (the same numbers in another form); held: its type
    there, None inside another layer. entire: both networks from the input on; single: the layer alone. file: in both folders."""

    kind: str
    op: str
    name: str
    tensor: str
    held: Optional[str]
    entire: Optional[Distance]
    single: Optional[Distance]
    file: Optional[str]


@dataclass(frozen=True)
class LayerErrors(Result):
    """Every layer's distance from the float model, in the model's order, over `samples` samples."""

    layers: List[Layer]
    samples: int

    @classmethod
    def of(cls, facts: Dict[str, Any]) -> LayerErrors:
        def distance(found: Optional[Dict[str, Any]]) -> Optional[Distance]:
            return None if found is None else Distance(**found)

        rows = [dict(row, entire=distance(row["entire"]), single=distance(row["single"]), file=row.get("file"))
                for row in facts["layers"]]
        return cls(facts=facts, layers=_list(Layer, rows), samples=facts["samples"])


@dataclass(frozen=True)
class Cause:
    """A cause of wrong boxes: explained is the share of the difference that it explains, 0 to 1."""

    code: str
    cause: str
    text: str
    evidence: str
    fix: str
    explained: float
    confidence: float
    exact: bool


@dataclass(frozen=True)
class Diagnosis(Result):
    """Why boxes are wrong: headline in one sentence, causes by falling confidence, next: what to do."""

    healthy: bool
    headline: str
    causes: List[Cause]
    next: str
    note: str

    @classmethod
    def of(cls, facts: Dict[str, Any]) -> Diagnosis:
        return cls(facts=facts, healthy=facts["healthy"], headline=facts["headline"], causes=_list(Cause, facts["causes"]),
                   next=facts["next"], note=facts["note"])


@dataclass(frozen=True)
class Inspection(Result):
    """What a file is: kind in words; inputs and outputs as {"name", "dtype", "shape", ...}; macs of one run, bytes of its
    constants, where it can be run; facts has the rest."""

    kind: str
    inputs: List[Dict[str, Any]]
    outputs: List[Dict[str, Any]]
    family: Optional[str]
    contracts: List[str]
    macs: Optional[int]
    constants_bytes: Optional[int]

    @classmethod
    def of(cls, facts: Dict[str, Any]) -> Inspection:
        return cls(facts=facts, kind=facts["kind"], inputs=facts.get("inputs", []), outputs=facts.get("outputs", []),
                   family=facts.get("family"), contracts=facts.get("contracts", []), macs=facts.get("macs"),
                   constants_bytes=facts.get("constants_bytes"))
