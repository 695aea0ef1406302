"""yolov5.py MODEL PICTURE [PLATFORM]: boxes of a YOLOv5 network whose three heads end in a sigmoid."""
import sys

import cv2
import numpy as np
from rknn.api import RKNN

OBJ_THRESH, NMS_THRESH, IMG_SIZE = 0.25, 0.45, 640
ANCHORS = [[[10, 13], [16, 30], [33, 23]], [[30, 61], [62, 45], [59, 119]], [[116, 90], [156, 198], [373, 326]]]
STRIDES = [8, 16, 32]


def letter_box(picture, size):
    """The picture in a square, centred, and black around it."""
    height, width = picture.shape[:2]
    scale = size / max(height, width)
    resized = cv2.resize(picture, (round(width * scale), round(height * scale)))
    top, left = (size - resized.shape[0]) // 2, (size - resized.shape[1]) // 2
    square = np.zeros((size, size, 3), np.uint8)
    square[top:top + resized.shape[0], left:left + resized.shape[1]] = resized
    return square


def decode(head, anchors, stride):
    """Rows x1 y1 x2 y2 score class of one head, 1x255xHxW."""
    _, _, rows, columns = head.shape
    head = head.reshape(3, 85, rows, columns)
    x = (head[:, 0] * 2 - 0.5 + np.arange(columns)) * stride
    y = (head[:, 1] * 2 - 0.5 + np.arange(rows)[:, None]) * stride
    w = (head[:, 2] * 2) ** 2 * np.array(anchors, float)[:, 0, None, None]
    h = (head[:, 3] * 2) ** 2 * np.array(anchors, float)[:, 1, None, None]
    scores = head[:, 4] * head[:, 5:].max(1)
    table = np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2, scores, head[:, 5:].argmax(1)], -1)
    return table[scores >= OBJ_THRESH]


def overlap(box, others):
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:4], others[:, 2:4])
    shared = np.prod(np.maximum(high - low, 0), axis=1)
    return shared / (np.prod(box[2:4] - box[:2]) + np.prod(others[:, 2:4] - others[:, :2], axis=1) - shared)


def post_process(outputs):
    rows = np.concatenate([decode(*one) for one in zip(outputs, ANCHORS, STRIDES)])
    rows = rows[rows[:, 4].argsort()[::-1]]
    kept = []
    while len(rows):
        kept.append(rows[0])
        rows = rows[1:]
        rows = rows[(rows[:, 5] != kept[-1][5]) | (overlap(kept[-1], rows) <= NMS_THRESH)]
    return kept


def prepare(path):
    picture = letter_box(cv2.imread(path), IMG_SIZE)
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


if __name__ == "__main__":
    rknn = RKNN()
    if rknn.load_rknn(sys.argv[1]) != 0:
        sys.exit("Load model failed!")
    if rknn.init_runtime(target=sys.argv[3] if len(sys.argv) > 3 else None) != 0:
        sys.exit("Init runtime environment failed!")
    outputs = rknn.inference(inputs=[prepare(sys.argv[2])])
    for row in post_process(outputs):
        print(*(f"{number:.4f}" for number in row))
    rknn.release()
