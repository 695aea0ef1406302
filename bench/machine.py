"""What machine this is, as far as it bears on speed."""
import os
import pathlib
import re


def cpu_facts():
    facts = {}
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        if not key.strip() and facts:
            break
        facts[key.strip()] = value.strip()
    return facts


def cpu_name(facts):
    """As the processor gives it; with family, model and stepping where that says nothing of its kind."""
    name = facts.get("model name") or facts.get("Hardware") or "unknown CPU"
    name = re.sub(r"\s*@.*", "", name)
    name = re.sub(r"\((R|TM|tm)\)| CPU| Processor$", "", name)
    name = re.sub(r"\s+", " ", name).strip()
    if not re.search(r"\d", name) and "model" in facts:
        name += f" (family {facts['cpu family']}, model {facts['model']}, stepping {facts['stepping']})"
    return name


def slug(name):
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def describe():
    facts = cpu_facts()
    name = cpu_name(facts)
    return {"cpu": name, "slug": slug(name), "cpus": len(os.sched_getaffinity(0)),
            "memory_bytes": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGESIZE")}
