plumb list operators | head -2
plumb list operators | grep -c '^| conv \|^| hard_swish \|^| softmax '
