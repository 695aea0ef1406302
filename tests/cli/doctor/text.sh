PLUMB_ISA=scalar PLUMB_JUDGE_PYTHON=./no_such_python plumb doctor --threads 2
