"""python -m rknn.api.rknn_convert: 'plumb rknn-convert' with the same options."""
import sys

from plumb.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["rknn-convert", *sys.argv[1:]]))
