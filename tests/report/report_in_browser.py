#!/usr/bin/env python3
"""Makes reports and opens them in headless Chromium: they load without an error and without any address outside, sorting,
filtering, opening a layer, colouring the graph and changing the theme work, the JSON inside is what --json prints.

    report_in_browser.py PLUMB            the shipped detector, by convert and by verify
    report_in_browser.py PLUMB --models   every network of ../shared that has pictures
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import chromium

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/shapes_detector"
SHARED = pathlib.Path(os.environ.get("PLUMB_SHARED", ROOT.parent / "shared"))
MOST_BYTES = 5_000_000
SKIP = 77
# Network, calibration pictures.
MODELS = [("yolo-fastestv2-352", "coco-calib"), ("yunet-n-320", "coco-calib"), ("yolox-nano-416", "coco-calib"),
          ("mobilenetv2-224-w8", "imagenet"), ("ultraface-rfb-320", "coco-calib"), ("yolov5n-zoo-heads", "coco-calib"),
          ("yolov8n-640-w8", "coco-calib")]
PLUMB = None


def run(*arguments, codes=(0,)):
    done = subprocess.run([PLUMB, *map(str, arguments), "-q"], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode not in codes:
        raise AssertionError(f"{' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def column(page, title):
    """Texts of a column of the layers, top to bottom."""
    return page.run(f"""(() => {{
      const table = document.querySelector('#layers table');
      const at = [...table.tHead.rows[0].cells].findIndex((c) => c.textContent === {json.dumps(title)});
      return [...table.tBodies[0].rows].filter((r) => !r.hidden && r.className !== 'detail').map((r) => r.cells[at].textContent);
    }})()""")


def click_title(page, title):
    page.run(f"""[...document.querySelectorAll('#layers th')].find((h) => h.textContent === {json.dumps(title)}).id = 'wanted'""")
    page.click("#wanted")
    page.run("document.getElementById('wanted').removeAttribute('id')")


class Report(unittest.TestCase):
    def opens(self, page, path):
        self.assertLess(path.stat().st_size, MOST_BYTES)
        page.open(path)
        self.assertEqual(page.problems, [])
        outside = [url for url in page.requests if not url.startswith(("data:", "file:", "about:"))]
        self.assertEqual(outside, [])
        charts = page.run("[...document.querySelectorAll('.chart')].map((c) => c.querySelectorAll('svg path').length)")
        self.assertGreater(len(charts), 0)
        self.assertNotIn(0, charts)
        broken = page.run("[...document.images].filter((i) => i.naturalWidth === 0).length")
        self.assertEqual(broken, 0)

    def works(self, page):
        """What a reader does with the layers and the graph."""
        before = column(page, "accum. dB")
        self.assertGreater(len(before), 5)
        click_title(page, "accum. dB")
        numbers = [float(text) for text in column(page, "accum. dB") if text not in ("", "exact")]
        self.assertEqual(numbers, sorted(numbers))
        click_title(page, "accum. dB")
        numbers = [float(text) for text in column(page, "accum. dB") if text not in ("", "exact")]
        self.assertEqual(numbers, sorted(numbers, reverse=True))
        click_title(page, "tensor")
        self.assertEqual(len(column(page, "tensor")), len(before))

        page.click("#layer-1")
        self.assertEqual(page.run("document.querySelectorAll('tr.detail').length"), 1)
        self.assertGreater(page.run("document.querySelectorAll('tr.detail .panel.histogram svg path').length"), 2)
        page.click("#layer-1")
        self.assertEqual(page.run("document.querySelectorAll('tr.detail').length"), 0)

        operator = column(page, "operator")[-1]
        page.run(f"""(() => {{const f = document.querySelector('#layers .filter'); f.value = {json.dumps(operator)};
                     f.dispatchEvent(new Event('input'))}})()""")
        self.assertLessEqual(len(column(page, "operator")), len(before))
        self.assertGreater(len(column(page, "operator")), 0)
        page.run("(() => {const f = document.querySelector('#layers .filter'); f.value = ''; f.dispatchEvent(new Event('input'))})()")
        self.assertEqual(len(column(page, "operator")), len(before))

        picture = "document.querySelector('#graph svg').outerHTML"
        by_error = page.run(picture)
        page.click("#graph .network-tools button:nth-of-type(3)")
        self.assertNotEqual(page.run(picture), by_error)

        theme = page.run("document.documentElement.dataset.theme")
        colour = page.run("getComputedStyle(document.body).backgroundColor")
        page.click("#theme")
        self.assertNotEqual(page.run("document.documentElement.dataset.theme"), theme)
        self.assertNotEqual(page.run("getComputedStyle(document.body).backgroundColor"), colour)
        self.assertEqual(page.problems, [])

    def json_inside(self, page):
        return page.run("document.getElementById('json').textContent")

    def test_convert_and_verify(self):
        if "--models" in OPTIONS:
            self.skipTest("the shipped detector is tested without --models")
        with tempfile.TemporaryDirectory() as folder, chromium.Page() as page:
            folder = pathlib.Path(folder)
            artifact = folder / "shapes.plumb"
            printed = run("convert", EXAMPLE / "shapes_detector.onnx", "-o", artifact, "--calib", EXAMPLE / "calib", "--labels",
                          EXAMPLE / "labels.txt", "--calib-limit", 8, "--check-limit", 2, "--no-judge", "--json", "--html",
                          folder / "convert.html")
            self.opens(page, folder / "convert.html")
            self.assertEqual(self.json_inside(page), printed.rstrip("\n"))
            self.assertEqual(page.run("document.querySelectorAll('#results img').length"), 6)
            self.works(page)

            printed = run("verify", artifact, "--against", EXAMPLE / "shapes_detector.onnx", "--data", EXAMPLE / "val", "--limit",
                          2, "--judge", "none", "--json", "--html", folder / "verify.html")
            self.opens(page, folder / "verify.html")
            self.assertEqual(self.json_inside(page), printed.rstrip("\n"))
            self.works(page)

            self.assertIn("lock", page.run("document.querySelector('#calibration .lead').textContent"))
            self.assertGreater(page.run("document.querySelectorAll('#calibration .chart').length"), 1)

            # Colours exchanged: both sides' inputs and detections, and an experiment for each hypothesis.
            run("convert", EXAMPLE / "shapes_detector.onnx", "-o", folder / "bgr.plumb", "--calib", EXAMPLE / "calib", "--labels",
                EXAMPLE / "labels.txt", "--calib-limit", 4, "--check-limit", 1, "--no-judge", "--force", "--color", "bgr",
                codes=(0, 3))
            printed = run("diagnose", folder / "bgr.plumb", "--against", EXAMPLE / "shapes_detector.onnx", "--labels",
                          EXAMPLE / "labels.txt", "--data", EXAMPLE / "val", "--limit", 2, "--json", "--html", folder / "why.html")
            self.opens(page, folder / "why.html")
            answer = json.loads(printed)
            self.assertEqual(self.json_inside(page), printed.rstrip("\n"))
            self.assertEqual(page.run("document.querySelector('.headline').textContent"), answer["headline"])
            self.assertEqual(page.run("document.querySelectorAll('#diagnosis .checks tr').length"), len(answer["tried"]))
            self.assertEqual(page.run("document.querySelectorAll('#input img').length"), 3)
            self.assertEqual(page.run("document.querySelectorAll('#results img').length"), 6)

            # Without the float model: what the artifact alone can tell.
            run("verify", artifact, "--html", folder / "alone.html")
            self.opens(page, folder / "alone.html")

    def test_an_artifact_that_cannot_be_read(self):
        with tempfile.TemporaryDirectory() as folder, chromium.Page() as page:
            folder = pathlib.Path(folder)
            (folder / "damaged.plumb").write_bytes(b"PLUMB" + bytes(200))
            run("verify", folder / "damaged.plumb", "--html", folder / "r.html", codes=(4, 5))
            page.open(folder / "r.html")
            self.assertEqual(page.problems, [])
            self.assertEqual(page.run("document.querySelector('.pill.big').textContent"), "failure")

    def test_models(self):
        if "--models" not in OPTIONS:
            self.skipTest("a long test")
        with tempfile.TemporaryDirectory() as folder:
            for name, pictures in MODELS:
                model = next((SHARED / "models" / name).glob("*.onnx"))
                page_file = pathlib.Path(folder) / f"{name}.html"
                run("convert", model, "-o", page_file.with_suffix(".plumb"), "--calib", SHARED / "images" / pictures,
                    "--calib-limit", 20, "--check-limit", 4, "--force", "--html", page_file, codes=(0, 3))
                with self.subTest(name), chromium.Page() as page:
                    self.opens(page, page_file)
                    self.works(page)


OPTIONS = []
if __name__ == "__main__":
    PLUMB, OPTIONS = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:]
    if chromium.find() is None:
        print("skip: there is no Chromium (packages.txt, group test)")
        sys.exit(1 if os.environ.get("PLUMB_REQUIRE_BROWSER") == "1" else SKIP)
    unittest.main(argv=sys.argv[:1], verbosity=2)
