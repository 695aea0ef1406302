#!/usr/bin/env python3
"""AP and AP50 of a COCO result file by pycocotools: the judge of coco_metric_test.

    coco_reference.py annotations.json results.json      prints "AP AP50", 17 digits
"""

import contextlib
import io
import sys

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

with contextlib.redirect_stdout(io.StringIO()):
    truth = COCO(sys.argv[1])
    evaluation = COCOeval(truth, truth.loadRes(sys.argv[2]), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
precision = evaluation.eval["precision"][:, :, :, 0, 2]  # threshold, recall, category; area all; 100 boxes


def mean(p):
    return p[p > -1].mean() if (p > -1).any() else -1


print("%.17g %.17g" % (mean(precision), mean(precision[:1])))
