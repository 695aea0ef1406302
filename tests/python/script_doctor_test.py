"""What is read from a script's syntax tree, and what a model's decode contract contradicts."""
import unittest

from plumb.rknn import script_doctor, script_reading

YOLO = {"family": "yolov5", "classes": 3, "strides": [8, 16], "anchors": [10, 13, 16, 30, 33, 23, 30, 61], "scores_activated": True,
        "boxes_decoded": False, "class_agnostic_nms": False, "score_threshold": 0.25, "iou_threshold": 0.45, "color": "rgb"}
SOUND = """
import cv2
import numpy as np
from rknn.api import RKNN
CLASSES = ("a", "b", "c")
ANCHORS = [[[10, 13], [16, 30]], [[33, 23], [30, 61]]]
OBJ_THRESH, NMS_THRESH = 0.25, 0.45
STRIDES = [8, 16]

def sigmoid(x):
    return 1 / (1 + np.exp(-x))

picture = cv2.cvtColor(cv2.imread("bus.jpg"), cv2.COLOR_BGR2RGB)
rknn = RKNN()
rknn.load_rknn("none.rknn")
rknn.init_runtime()
outputs = rknn.inference(inputs=[picture])
rknn.release()
"""


def codes(text, **changed):
    script = script_reading.read(text, "script.py", script_doctor.methods())
    return [(remark.level, remark.code, remark.line) for remark in script_doctor.remarks_on(script, dict(YOLO, **changed), "/nowhere")]


class Remarks(unittest.TestCase):
    def test_a_sound_script_is_left_in_peace(self):
        self.assertEqual(codes(SOUND), [])
        self.assertEqual(codes(SOUND.replace("cv2.cvtColor(cv2.imread(\"bus.jpg\"), cv2.COLOR_BGR2RGB)",
                                             "cv2.imread(\"bus.jpg\")[..., ::-1]")), [])
        self.assertEqual(codes(SOUND, family="none", anchors=[], classes=0, strides=[]), [])

    def test_each_mistake_is_named_with_its_line(self):
        lines = SOUND.count("\n")
        for text, expected in (
                (SOUND + "scores = sigmoid(outputs[0])\n", ("mistake", "sigmoid-twice", lines + 1)),
                (SOUND + "scores = 1.0 / (np.exp(-outputs[0]) + 1.0)\n", ("mistake", "sigmoid-twice", lines + 1)),
                (SOUND + "scores = torch.sigmoid(outputs[0])\n", ("mistake", "sigmoid-twice", lines + 1)),
                (SOUND.replace("[10, 13], [16, 30]", "[12, 16], [19, 36]"), ("mistake", "anchors", 6)),
                (SOUND.replace("ANCHORS = [[[10, 13], [16, 30]], [[33, 23], [30, 61]]]",
                               "ANCHORS = np.array([12, 16, 19, 36, 40, 28, 36, 75])"), ("mistake", "anchors", 6)),
                (SOUND.replace("STRIDES = [8, 16]", "STRIDES = [16, 32]"), ("mistake", "strides", 8)),
                (SOUND.replace('("a", "b", "c")', '("a", "b")'), ("mistake", "classes", 5)),
                (SOUND + "num_classes = 80\n", ("mistake", "classes", lines + 1)),
                (SOUND.replace("0.25, 0.45", "0.001, 0.45"), ("note", "thresholds", 7)),
                (SOUND.replace("cv2.COLOR_BGR2RGB", "0"), ("mistake", "color-order", 13))):
            self.assertEqual(codes(text), [expected])

    def test_a_missing_sigmoid_is_a_note(self):
        self.assertEqual(codes(SOUND, scores_activated=False), [("note", "sigmoid-missing", 0)])
        self.assertEqual(codes(SOUND + "s = sigmoid(outputs[0])\n", scores_activated=False), [])

    def test_calls_are_listed_with_what_has_no_effect(self):
        script = script_reading.read("from rknn.api import RKNN\nr = RKNN()\nr.config(single_core_mode=True, mean_values=[0])\nr.build()\n",
                                     "s.py", script_doctor.methods())
        self.assertEqual([(call.line, call.method) for call in script.calls], [(3, "config"), (4, "build")])
        rows = script_doctor._call_rows(script)
        self.assertEqual(rows[0]["notes"], ["single_core_mode: no effect, means something to the NPU only"])
        self.assertIn("Converts and checks", rows[1]["here"])


if __name__ == "__main__":
    unittest.main()
