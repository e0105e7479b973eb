"""Golden values of the BBOB functions from COCO (pip install coco-experiment==2.8.2).

    python benchmarks/golden/bbob.py > benchmarks/golden/bbob.h
"""
import random

import cocoex

print("/* Written by benchmarks/golden/bbob.py from coco-experiment %s. */" % cocoex.__version__)
print("typedef struct {\n    unsigned function, instance;\n    size_t d;\n"
      "    double x[20], value;\n} bbob_golden;\n")
print("static const bbob_golden golden[] = {")
suite = cocoex.Suite("bbob", "instances: 1,3,7", "dimensions: 2,5,20")
draw = random.Random(1)
for problem in suite:
    point = [round(draw.uniform(-5.2, 5.2), 3) for _ in range(problem.dimension)]
    function, instance = problem.id_function, problem.id_instance
    print("    {%d, %d, %d, {%s}, %.17g}," % (
        function, instance, problem.dimension, ", ".join(map(str, point)), problem(point)))
print("};")
