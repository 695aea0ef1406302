# A stand-in for Python that prints what it is asked to run.
printf '#!/bin/sh\necho "$@"\n' > python.sh
chmod +x python.sh
PLUMB_BENCH_PYTHON=./python.sh plumb bench --compare --only yunet-320 --parts int8 --rounds 2 --results here --add
PLUMB_BENCH_PYTHON=./no_such_python plumb bench --compare 2>&1
echo "exit $?"
PLUMB_BENCH_PYTHON="$PYTHON" plumb bench --compare --only resnet 2>&1
echo "exit $?"
PLUMB_BENCH_PYTHON="$PYTHON" PLUMB_SHARED=no_such_folder plumb bench --compare 2>&1
echo "exit $?"
