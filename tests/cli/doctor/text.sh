PLUMB_ISA=scalar plumb doctor --threads 2
