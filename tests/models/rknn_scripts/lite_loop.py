"""lite_loop.py MODEL PICTURE: the loop of a board, three contexts in a pool; prints the boxes of the last frame."""
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import yolov5
from rknnlite.api import RKNNLite

CORES = [RKNNLite.NPU_CORE_0, RKNNLite.NPU_CORE_1, RKNNLite.NPU_CORE_2]


def context(path, core):
    lite = RKNNLite()
    if lite.load_rknn(path) != 0 or lite.init_runtime(core_mask=core) != 0:
        sys.exit("Init runtime environment failed!")
    return lite


if __name__ == "__main__":
    pool = [context(sys.argv[1], core) for core in CORES]
    frame = np.expand_dims(yolov5.prepare(sys.argv[2]), 0)
    with ThreadPoolExecutor(len(pool)) as threads:
        jobs = [threads.submit(pool[i % len(pool)].inference, inputs=[frame]) for i in range(6)]
        results = [job.result() for job in jobs]
    assert all(np.array_equal(a, b) for result in results for a, b in zip(result, results[0]))
    for row in yolov5.post_process(results[-1]):
        print(*(f"{number:.4f}" for number in row))
    for lite in pool:
        lite.release()
