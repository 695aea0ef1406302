#!/usr/bin/env python3
"""The self-test passes on what is right and names what is wrong: selftest_faults.py PLUMB PLUMB_WRONG_KERNEL

Wrong kernels (plumb_wrong_kernel, see wrong_dot.cc and wrong_lut.cc), and changed artifacts whose hashes have been made
right again: bits of weights, scales, contracts, versions. On the artifacts of tests/golden/accept/numerics1.
"""
import hashlib
import json
import os
import pathlib
import shlex
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEPT = ROOT / "tests/golden/accept/numerics1"
sys.path.insert(0, str(ROOT / "tools"))
import read_artifact  # noqa: E402

PLUMB, WRONG = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
DETECTOR = KEPT / "network_detector.plumb"
DOT = "dot_s8s8s32_6x16x2_avx2"


def run(program, *args, isa=None, wrong=None, selftest=None):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PLUMB_")}
    environment.update({key: value for key, value in (("PLUMB_ISA", isa), ("PLUMB_WRONG", wrong), ("PLUMB_SELFTEST", selftest))
                        if value})
    return subprocess.run([program, *map(str, args)], capture_output=True, text=True, env=environment)


def selftest(path, *options, program=PLUMB, **environment):
    done = run(program, "selftest", path, "--json", "--threads", "2", *options, **environment)
    return done.returncode, json.loads(done.stdout) if done.stdout else {}, done.stderr


class Artifact:
    """A file that can be changed: every hash is made right when it is written."""

    def __init__(self, path):
        self.data = bytearray(path.read_bytes())
        self.facts = read_artifact.read(bytes(self.data))

    def section(self, name):
        return next(s for s in self.facts["sections"] if s["name"] == name)

    def replace(self, section, old, new):
        """In a section, the only place that has these bytes."""
        s = self.section(section)
        content = bytes(self.data[s["offset"]:s["offset"] + s["size"]])
        assert content.count(old) >= 1, f"{section} does not hold {old}"
        at = s["offset"] + content.find(old)
        self.data[at:at + len(old)] = new

    def without_golden(self):
        s = self.section("golden")
        count = struct.unpack_from("<I", self.data, 24)[0] - 1
        table = self.data[64:64 + 64 * count]
        body = self.data[64 + 64 * (count + 1):s["offset"]]
        # One entry less: every section moves by 64 bytes, which is their alignment.
        for at in range(0, len(table), 64):
            struct.pack_into("<Q", table, at + 8, struct.unpack_from("<Q", table, at + 8)[0] - 64)
        last = struct.unpack_from("<QQ", table, len(table) - 64 + 8)
        self.data = self.data[:64] + table + body
        self.data = self.data[:last[0] + last[1]]
        struct.pack_into("<I", self.data, 24, count)

    def write(self, path):
        data = self.data
        struct.pack_into("<Q", data, 16, len(data))
        count = struct.unpack_from("<I", data, 24)[0]
        for at in range(64, 64 + 64 * count, 64):
            offset, size = struct.unpack_from("<QQ", data, at + 8)
            data[at + 32:at + 64] = hashlib.sha256(data[offset:offset + size]).digest()
        data[32:64] = hashlib.sha256(data[:32] + data[64:64 + 64 * count]).digest()
        path.write_bytes(data)
        return path


class SelfTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.changed = pathlib.Path(folder.name) / "changed.plumb"

    def test_passes_on_every_kept_artifact(self):
        paths = sorted(KEPT.glob("*.plumb"))
        self.assertGreater(len(paths), 20)
        for path in paths:
            code, answer, error = selftest(path)
            self.assertEqual((code, answer.get("passed"), answer.get("problems")), (0, True, []), f"{path.name}: {error}")
            self.assertGreater(answer["golden_vectors"], 0)
            self.assertGreater(answer["records"], 0)
        code, answer, _ = selftest(DETECTOR, "--full")
        self.assertEqual((code, answer["plain_cpp"]["elements"]), (0, 0))
        self.assertGreaterEqual(len(answer["variants"]), 5)
        for isa in ("scalar", "avx2"):
            self.assertEqual(selftest(DETECTOR, isa=isa)[0], 0)
        self.assertEqual(selftest(DETECTOR, program=WRONG, isa="avx2")[0], 0, "the wrong kernels are right unless asked")

    def check_kernel(self, path, wrong, cause, op, kernel, options=()):
        code, answer, error = selftest(path, *options, program=WRONG, isa="avx2", wrong=wrong)
        self.assertEqual(code, 3, f"{wrong}: {answer} {error}")
        self.assertFalse(answer["passed"])
        self.assertEqual(answer["problems"][0]["part"], "record")
        difference = answer["difference"]
        self.assertEqual((difference["cause"], difference["op"], difference["kernel"]), (cause, op, kernel), difference)
        self.assertTrue(difference["variant"].startswith("avx2"), difference)
        self.assertNotEqual(difference["expected"], difference["found"])
        self.assertIn(f"record {difference['record']} '{difference['name']}' ({op})", answer["summary"])

    def test_names_a_wrong_kernel(self):
        for wrong in ("dot-first", "dot-tail"):
            self.check_kernel(DETECTOR, wrong, "kernel", "conv", DOT)
            self.check_kernel(DETECTOR, wrong, "kernel", "conv", DOT, ["--full"])
        self.check_kernel(DETECTOR, "dot-thread", "schedule", "conv", DOT)
        self.check_kernel(KEPT / "layers_table_s8.plumb", "lut", "kernel", "table", "")
        stripped = Artifact(DETECTOR)
        stripped.without_golden()
        stripped.write(self.changed)
        code, answer, error = selftest(self.changed)
        self.assertEqual((code, answer["golden_vectors"]), (0, 0), error)
        self.assertIn("no golden vectors are stored", answer["summary"])
        self.check_kernel(self.changed, "dot-first", "kernel", "conv", DOT)

    def test_refuses_to_run_with_a_wrong_kernel(self):
        picture = ROOT / "examples/shapes_detector/val/val_002.jpg"
        arguments = ("detect", DETECTOR, picture, "--json")
        for asked in ({"selftest": "1"}, {}):
            options = () if asked else ("--selftest",)
            self.assertEqual(run(WRONG, *arguments, *options, isa="avx2", **asked).returncode, 0)
            done = run(WRONG, *arguments, *options, isa="avx2", wrong="dot-first", **asked)
            self.assertEqual((done.returncode, done.stdout), (3, ""))
            self.assertIn("the self-test failed, so it is not run", done.stderr)
            self.assertIn(DOT, done.stderr)
        self.assertEqual(run(WRONG, *arguments, isa="avx2", wrong="dot-first").returncode, 0, "nobody asked")

    def diagnose(self, artifact, program=PLUMB, wrong=None):
        done = run(program, "diagnose", artifact, "--against", DETECTOR, "--data", ROOT / "examples/shapes_detector/val/val_002.jpg",
                   "--symptom", "differs-by-machine", "--json", "-q", "--threads", "2", isa="avx2", wrong=wrong)
        self.assertEqual(done.returncode, 0, done.stderr)
        answer = json.loads(done.stdout)
        return answer["headline"], [cause["cause"] for cause in answer["causes"]], answer["tried"][0]

    def test_diagnosis_names_the_machine(self):
        for wrong in ("dot-first", "dot-thread"):
            headline, causes, first = self.diagnose(DETECTOR, WRONG, wrong)
            self.assertTrue(headline.startswith("The result differs by machine"), headline)
            self.assertEqual((causes[0], first["code"]), ("kernels-differ", "H9"))
            self.assertIn("hash expected", first["evidence"])
        artifact = Artifact(DETECTOR)
        old = artifact.facts["golden"]["vectors"][0]["hashes"][5]
        artifact.replace("golden", struct.pack("<Q", old), struct.pack("<Q", old ^ 1))
        headline, causes, _ = self.diagnose(artifact.write(self.changed))
        self.assertEqual(causes, ["other-arithmetic"])
        self.assertIn("differs by machine", headline)

    def test_remedy_for_changed_weights_runs(self):
        """H8 gives a 'plumb reduce' that leaves the changed layer alone; H9 says that the file was changed."""
        example = ROOT / "examples/shapes_detector"
        model, folder = example / "shapes_detector.onnx", self.changed.parent
        good = folder / "good.plumb"
        done = run(PLUMB, "convert", model, "--calib", example / "calib", "--calib-limit", 2, "--check-limit", 1, "--no-judge",
                   "--no-lock", "--force", "-q", "-o", good)
        self.assertTrue(good.exists(), done.stderr)
        changed = Artifact(good)
        program, weights = changed.facts["program"], changed.section("weights")
        layer = [record for record in program["records"] if record["op"] == "conv"][20]
        blob = program["constants"][program["tensors"][layer["inputs"][1]]["constant"]]
        for at in range(0, blob["size"], 7):
            changed.data[weights["offset"] + blob["offset"] + at] ^= 0x40
        changed.write(self.changed)
        done = run(PLUMB, "diagnose", self.changed, "--against", model, "--data", example / "val", "--limit", 2, "--json", "-q")
        causes = {cause["code"]: cause for cause in json.loads(done.stdout)["causes"]}
        self.assertEqual(causes["H9"]["cause"], "changed-file")
        command = shlex.split(causes["H8"]["fix"])
        self.assertEqual(command[:2], ["plumb", "reduce"])
        done = run(PLUMB, *command[1:-1], folder / "reduced", "--json")
        self.assertEqual([record["name"] for record in json.loads(done.stdout)["records"]], [layer["name"]], done.stderr)

    def test_names_the_record_whose_weights_changed(self):
        artifact = Artifact(DETECTOR)
        program, weights = artifact.facts["program"], artifact.section("weights")
        used = {program["tensors"][t]["constant"]: (i, record["name"])
                for i, record in reversed(list(enumerate(program["records"])))
                for t in record["inputs"] if t >= 0 and program["tensors"][t]["constant"] >= 0}
        self.assertGreater(len(used), 20)
        for number in sorted(used)[::3]:
            blob = program["constants"][number]
            changed = Artifact(DETECTOR)
            changed.data[weights["offset"] + blob["offset"] + blob["size"] // 2] ^= 1
            code, answer, error = selftest(changed.write(self.changed))
            self.assertEqual((code, answer["problems"][0]["part"]), (3, "parameters"), f"constant {number}: {error}")
            record, name = used[number]
            self.assertTrue(answer["problems"][0]["text"].startswith(f"record {record} '{name}'"), answer["problems"][0])

    def test_finds_a_changed_scale(self):
        for tensor in Artifact(DETECTOR).facts["program"]["tensors"][::5]:
            if len(tensor["scale"]) != 1:
                continue
            changed = Artifact(DETECTOR)
            bits = struct.pack("<f", tensor["scale"][0])
            changed.replace("program", bits, bytes([bits[0] ^ 1]) + bits[1:])
            code, answer, error = selftest(changed.write(self.changed))
            self.assertEqual((code, answer["problems"][0]["part"]), (3, "parameters"), f"{tensor['name']}: {error}")

    def test_finds_a_changed_contract(self):
        for section, old, new in (("io_contract", 255.0, 254.0), ("decode_contract", 0.45, 0.5)):
            changed = Artifact(DETECTOR)
            changed.replace(section, struct.pack("<f", old), struct.pack("<f", new))
            code, answer, error = selftest(changed.write(self.changed))
            self.assertEqual((code, answer["problems"][0]["part"]), (3, "contracts"), error)

    def test_finds_changed_expectations(self):
        golden = Artifact(DETECTOR).facts["golden"]["vectors"][0]
        for old, part in ((golden["hashes"][5], "record"), (golden["inputs"][0]["hash"], "input")):
            changed = Artifact(DETECTOR)
            changed.replace("golden", struct.pack("<Q", old), struct.pack("<Q", old ^ 1))
            code, answer, error = selftest(changed.write(self.changed))
            self.assertEqual((code, answer["problems"][0]["part"]), (3, part), error)
        changed = Artifact(DETECTOR)
        numbers = golden["objects"][0]["numbers"]
        old = struct.pack(f"<{len(numbers)}I", *numbers)
        changed.replace("golden", old, bytes([old[0] ^ 1]) + old[1:])
        code, answer, error = selftest(changed.write(self.changed))
        self.assertEqual((code, answer["problems"][0]["part"]), (3, "result"), error)

    def verify(self, path, program=PLUMB, **environment):
        """Exit code, status by rung, the rungs, the next command."""
        done = run(program, "verify", path, "--data", ROOT / "examples/shapes_detector/val", "--limit", "1", "--threads", "2", "--json",
                   "-q", **environment)
        self.assertTrue(done.stdout, done.stderr)
        answer = json.loads(done.stdout)
        rungs = {rung["code"]: rung for rung in answer["rungs"]}
        return done.returncode, {code: rung["status"] for code, rung in rungs.items()}, rungs, answer["next"]

    def test_the_ladder_blames_the_file(self):
        """One bit anywhere: V0 alone, and nothing else is claimed."""
        artifact = Artifact(DETECTOR)
        places = [8, 40, 64 + 8] + [s["offset"] + s["size"] // 2 for s in artifact.facts["sections"]] + [len(artifact.data) - 1]
        self.assertGreaterEqual(len(places), 9)
        for place in places:
            data = bytearray(artifact.data)
            data[place] ^= 1
            self.changed.write_bytes(data)
            code, status, _, _ = self.verify(self.changed)
            self.assertIn(code, (4, 5), place)
            self.assertEqual(status.pop("V0"), "failure", place)
            self.assertEqual(set(status.values()), {"skipped"}, place)

    def test_the_ladder_blames_the_kernel(self):
        code, status, _, _ = self.verify(DETECTOR, program=WRONG, isa="avx2")
        self.assertEqual((code, status["V5"], status["V6"], status["V7"]), (0, "pass", "pass", "pass"))
        for wrong in ("dot-first", "dot-tail"):
            code, status, rungs, command = self.verify(DETECTOR, program=WRONG, isa="avx2", wrong=wrong)
            self.assertEqual((code, status["V0"], status["V5"]), (3, "pass", "failure"), wrong)
            self.assertRegex(rungs["V5"]["worst"], r"record \d+ '.+' \(conv\)")
            self.assertIn("differ, by", rungs["V5"]["figure"])
            self.assertEqual(command, "plumb doctor")

    def test_the_ladder_blames_the_parameters(self):
        """The kernels compute the changed weights rightly: V5 and V6 pass, the golden vectors tell."""
        program = Artifact(DETECTOR).facts["program"]
        number = next(program["tensors"][t]["constant"] for record in program["records"] if record["op"] == "conv"
                      for t in record["inputs"] if t >= 0 and program["tensors"][t]["constant"] >= 0)
        changed = Artifact(DETECTOR)
        blob = program["constants"][number]
        changed.data[changed.section("weights")["offset"] + blob["offset"] + blob["size"] // 2] ^= 1
        code, status, rungs, command = self.verify(changed.write(self.changed))
        self.assertEqual((code, [status[c] for c in ("V0", "V5", "V6", "V7")]), (3, ["pass", "pass", "pass", "failure"]))
        self.assertRegex(rungs["V7"]["worst"], r"^the file was changed after it was made; record \d+ '.+' \(conv\)")
        self.assertTrue(command.startswith("plumb selftest "), command)

    def test_refuses_another_version(self):
        for offset, what in ((8, "format"), (12, "numerics")):
            changed = Artifact(DETECTOR)
            struct.pack_into("<I", changed.data, offset, 77)
            code, _, error = selftest(changed.write(self.changed))
            self.assertEqual(code, 5)
            self.assertIn(f"{what} version 77", error)


unittest.main(argv=sys.argv[:1])
