"""The verdict of a conversion in the log of build."""
from __future__ import annotations

import re

import plumb

from .log import Log

_LEVELS = {"warning": "warn", "failure": "error"}


def _config_of(fix: str) -> str:
    """The keywords of config that say the same as options of plumb convert; empty when there are none."""
    given = dict(re.findall(r"--(mean|std|color) (\S+)", fix))
    keywords = [f"{name}_values=[[{given[name].replace(',', ', ')}]]" for name in ("mean", "std") if name in given]
    if "color" in given:
        keywords.append(f"quant_img_RGB2BGR={given['color'] == 'bgr'}")
    return f"rknn.config({', '.join(keywords)})" if keywords else ""


def log_verdict(result: plumb.ConvertResult, log: Log) -> None:
    log.info("build", f"verdict: {result.verdict}")
    for finding in result.findings:
        say = getattr(log, _LEVELS.get(finding.level, "detail"))
        say("build", f"{finding.code}: {finding.text}" + (f" [{finding.evidence}]" if finding.evidence else ""))
        if finding.fix and finding.level in _LEVELS:
            say("build", f"  {_config_of(finding.fix) or finding.fix}")
    for contract in result.contracts:
        log.detail("build", contract)
    if result.next and not result.passed:
        log.error("build", f"next: {result.next}")
