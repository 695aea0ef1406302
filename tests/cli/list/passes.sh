plumb list passes
