"""What a script says about a model, read from its syntax tree without running it."""
from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import Any, Iterator, List, Optional, Sequence, Set, Tuple


@dataclass(frozen=True)
class Call:
    """A call of a method of RKNN or RKNNLite."""

    line: int
    method: str
    keywords: Tuple[str, ...]


@dataclass(frozen=True)
class Literal:
    """A number, list or tuple in the script; `name` is what it is assigned to, may be empty."""

    line: int
    name: str
    value: Any


@dataclass
class Script:
    calls: List[Call] = field(default_factory=list)
    sigmoids: List[int] = field(default_factory=list)  # lines that apply one
    literals: List[Literal] = field(default_factory=list)
    texts: List[Tuple[int, str]] = field(default_factory=list)
    reads_pictures: List[int] = field(default_factory=list)  # lines with OpenCV's readers
    swaps_colors: List[int] = field(default_factory=list)


_SIGMOIDS = {"sigmoid", "expit"}
_READERS = {"imread", "imdecode"}


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""


def _is_one(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value in (1, 1.0)


def _is_logistic(node: ast.AST) -> bool:
    """1 / (1 + exp(...)), in either order of the sum."""
    if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and _is_one(node.left)):
        return False
    total = node.right
    if not (isinstance(total, ast.BinOp) and isinstance(total.op, ast.Add)):
        return False
    parts = (total.left, total.right)
    return any(map(_is_one, parts)) and any(isinstance(part, ast.Call) and _called(part) == "exp" for part in parts)


def _is_reversal(node: ast.AST) -> bool:
    """[..., ::-1] or [:, :, ::-1]: channels in the other order."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Tuple) or not node.slice.elts:
        return False
    last = node.slice.elts[-1]
    step = last.step if isinstance(last, ast.Slice) else None
    return isinstance(step, ast.UnaryOp) and isinstance(step.op, ast.USub) and _is_one(step.operand)


def _value(node: ast.AST) -> Any:
    """A literal's value; of np.array([...]) and the like, their first argument's. Raises ValueError for anything else."""
    if isinstance(node, ast.Call) and _called(node) in ("array", "asarray", "tensor", "float32") and node.args:
        node = node.args[0]
    return ast.literal_eval(node)


class _Reader(ast.NodeVisitor):
    def __init__(self, methods: Set[str]) -> None:
        self.script = Script()
        self._methods = methods
        self._functions: List[str] = []

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._functions.append(node.name)
        self.generic_visit(node)
        self._functions.pop()

    visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]

    def visit_Call(self, node: ast.Call) -> None:
        name = _called(node)
        if name in self._methods and isinstance(node.func, ast.Attribute):
            self.script.calls.append(Call(node.lineno, name, tuple(key.arg for key in node.keywords if key.arg)))
        if name in _SIGMOIDS and not (set(self._functions) & _SIGMOIDS):
            self.script.sigmoids.append(node.lineno)
        if name in _READERS:
            self.script.reads_pictures.append(node.lineno)
        if name == "cvtColor" and any("BGR2RGB" in ast.dump(argument) or "RGB2BGR" in ast.dump(argument) for argument in node.args):
            self.script.swaps_colors.append(node.lineno)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if _is_logistic(node) and not (set(self._functions) & _SIGMOIDS):
            self.script.sigmoids.append(node.lineno)
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if _is_reversal(node):
            self.script.swaps_colors.append(node.lineno)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.script.texts.append((node.lineno, node.value))

    def _literal(self, name: str, node: ast.AST) -> None:
        try:
            self.script.literals.append(Literal(node.lineno, name, _value(node)))  # type: ignore[attr-defined]
        except (ValueError, TypeError, SyntaxError, RecursionError):
            pass

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            name = target.id if isinstance(target, ast.Name) else target.attr if isinstance(target, ast.Attribute) else ""
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple) and len(target.elts) == len(node.value.elts):
                for one, value in zip(target.elts, node.value.elts):
                    self._literal(one.id if isinstance(one, ast.Name) else "", value)
            else:
                self._literal(name, node.value)
        self.generic_visit(node)

    def visit_List(self, node: ast.List) -> None:
        self._literal("", node)
        self.generic_visit(node)


def read(text: str, name: str, methods: Set[str]) -> Script:
    """Reads a script. methods: of RKNN and RKNNLite. Raises SyntaxError."""
    reader = _Reader(methods)
    reader.visit(ast.parse(text, name))
    reader.script.sigmoids = sorted(set(reader.script.sigmoids))
    return reader.script


def numbers(value: Any) -> Optional[List[float]]:
    """The numbers of a nested list in their order; None when something else is in it."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return [float(value)]
    if not isinstance(value, (list, tuple)):
        return None
    flat: List[float] = []
    for one in value:
        inner = numbers(one)
        if inner is None:
            return None
        flat += inner
    return flat


def pairs(flat: Sequence[float]) -> List[Tuple[float, float]]:
    return list(zip(flat[::2], flat[1::2]))


def named(script: Script, pattern: str) -> Iterator[Literal]:
    """Literals whose name matches."""
    for literal in script.literals:
        if literal.name and re.search(pattern, literal.name, re.IGNORECASE):
            yield literal
