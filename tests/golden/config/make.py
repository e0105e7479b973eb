#!/usr/bin/env python3
"""Write the corpus of wrong sweep files and what the command says of each.

    python3 tests/golden/config/make.py build/release/fidelio

wrong.txt: per case a line `==== NAME`, the file, a line `----`, the complaint. Read every
complaint before you commit a change: the command is not the judge of its own words.
"""
import os
import subprocess
import sys
import tempfile

OK = {
    "metric": "metric: {name: loss, goal: minimize}",
    "command": 'command: [train, "${args}"]',
    "parameters": "parameters: {x: {min: 0.0, max: 1.0}}",
}


def sweep(**parts):
    lines = dict(OK, **parts)
    return "\n".join(v for v in lines.values() if v) + "\n"


def param(text):
    return sweep(parameters="parameters:\n  " + text)


def fid(text):
    return sweep(fidelity="fidelity: " + text)


CASES = {
    "empty": "",
    "only-a-comment": "# nothing\n",
    "a-list": "- a\n- b\n",
    "a-scalar": "hello\n",
    "two-documents": sweep() + "---\na: 1\n",
    "tab-indent": "metric:\n\tname: loss\n",
    "open-brace": "metric: {name: loss\n",
    "open-quote": 'metric: {name: "loss}\n',
    "anchor": sweep(metric="metric: &m {name: loss}"),
    "alias": sweep(metric="metric: *m"),
    "tag": sweep(metric="metric: !!map {name: loss}"),
    "merge-key": sweep(parameters="parameters:\n  <<: {a: 1}\n  x: {min: 0.0, max: 1.0}"),
    "duplicate-key": sweep(extra="metric: {name: other}"),
    "duplicate-parameter": sweep(parameters="parameters:\n  x: {min: 0.0, max: 1.0}\n  x: {min: 0.0, max: 2.0}"),
    "unknown-key": sweep(extra="mertic: 1"),
    "unknown-section-key": sweep(budget="budget: {trails: 3}"),
    "other-tools-word": sweep(extra="n_trials: 100"),
    "no-metric": sweep(metric=""),
    "no-parameters": sweep(parameters=""),
    "metric-without-name": sweep(metric="metric: {goal: minimize}"),
    "metric-is-a-word": sweep(metric="metric: loss"),
    "metric-goal": sweep(metric="metric: {name: loss, goal: minimise}"),
    "metric-step": sweep(metric="metric: {name: step}"),
    "metric-twice": sweep(metric="metric: [{name: a}, {name: a}]"),
    "metric-no-objective": sweep(metric="metric: {name: a, goal: none}"),
    "metric-five-objectives": sweep(metric="metric: [{name: a}, {name: b}, {name: c}, {name: d}, {name: e}]"),
    "metric-target-of-a-bound": sweep(metric="metric: [{name: a}, {name: b, at_most: 3, target: 1}]"),
    "metric-reference-of-a-bound": sweep(metric="metric: [{name: a}, {name: b, at_most: 3, reference: 1}]"),
    "constraint-on-a-metric": sweep(metric="metric: [{name: a}, {name: ms, at_most: 3}]", extra='constraints: ["ms <= 3"]'),
    "metric-target-text": sweep(metric="metric: {name: a, target: low}"),
    "method": sweep(method="method: baeys"),
    "method-far": sweep(method="method: quantum-annealing"),
    "grid-over-a-range": sweep(method="method: {name: grid, inital: 3}"),
    "range-upside-down": param("lr: {min: 1.0, max: 0.1}"),
    "range-without-max": param("lr: {min: 1.0}"),
    "range-text": param("lr: {min: small, max: 1.0}"),
    "range-quoted": param('lr: {min: "0.1", max: 1.0}'),
    "range-infinite": param("lr: {min: 0.0, max: .inf}"),
    "log-from-zero": param("lr: {min: 0.0, max: 1.0, scale: log}"),
    "log-word": param("lr: {min: 0.1, max: 1.0, scale: logarithmic}"),
    "log-as-flag": param("lr: {min: 0.1, max: 1.0, log: true}"),
    "step-negative": param("lr: {min: 0.0, max: 1.0, step: -0.1}"),
    "huge-integer": param("n: {min: 1, max: 99999999999999999999}"),
    "values-empty": param("c: {values: []}"),
    "values-twice": param("c: {values: [a, b, a]}"),
    "values-and-range": param("c: {values: [a, b], min: 1}"),
    "values-word": param("c: {values: a}"),
    "no-keys": param("c: {}"),
    "parameter-is-a-number": param("c: 3"),
    "parameter-is-a-list": param("c: [1, 2]"),
    "parameter-name": param("'a b': {min: 0.0, max: 1.0}"),
    "default-outside": param("lr: {min: 0.1, max: 1.0, default: 2.0}"),
    "default-no-choice": param("c: {values: [a, b], default: d}"),
    "distribution": param("lr: {distribution: log_unifrom, min: 0, max: 1}"),
    "probabilities": param("c: {distribution: categorical, values: [a, b], probabilities: [1.0]}"),
    "step-of-integers": param("n: {min: 1, max: 9, step: 0.5}"),
    "log-with-step": param("lr: {min: 0.1, max: 1.0, scale: log, step: 0.1}"),
    "logit-beyond-one": param("p: {min: 0.1, max: 1.5, scale: logit}"),
    "int-uniform-of-floats": param("n: {distribution: int_uniform, min: 1.5, max: 4}"),
    "int-uniform-huge": param("n: {distribution: int_uniform, min: 1, max: 99999999999999999999}"),
    "q-zero": param("n: {distribution: q_uniform, min: 0, max: 8, q: 0}"),
    "q-integers-beyond": param("n: {distribution: q_uniform, min: 0, max: 1.0e+19}"),
    "exponents-far": param("lr: {distribution: log_uniform, min: -1000, max: 0}"),
    "log-values-from-zero": param("lr: {distribution: log_uniform_values, min: 0, max: 1}"),
    "q-steps-many": param("n: {distribution: q_log_uniform_values, min: 1, max: 100000, q: 2}"),
    "sigma-zero": param("x: {distribution: normal, mu: 0, sigma: 0}"),
    "log-normal-far": param("x: {distribution: log_normal, mu: 600, sigma: 50}"),
    "mu-without-distribution": param("x: {mu: 0, sigma: 1}"),
    "when-unknown": param("x: {min: 0.0, max: 1.0, when: {bosster: dart}}"),
    "when-no-choice": sweep(parameters="parameters:\n  b: {values: [u, v]}\n  x: {min: 0.0, max: 1.0, when: {b: w}}"),
    "when-cycle": sweep(parameters="parameters:\n  a: {min: 0, max: 9, when: 'b > 1'}\n  b: {min: 0, max: 9, when: 'a > 1'}"),
    "when-itself": param("a: {min: 0, max: 9, when: 'a > 1'}"),
    "when-syntax": sweep(parameters="parameters:\n  b: {min: 0, max: 9}\n  a: {min: 0, max: 9, when: 'b > '}"),
    "constraint-syntax": sweep(constraints='constraints: ["x <"]'),
    "constraint-unknown": sweep(constraints='constraints: ["x < z"]'),
    "constraint-impossible": sweep(constraints='constraints: ["x > 2"]'),
    "fidelity-upside-down": fid("{min: 9, max: 3}"),
    "fidelity-no-max": fid("{min: 1}"),
    "fidelity-zero": fid("{min: 0, max: 9}"),
    "fidelity-eta": fid("{min: 1, max: 9, eta: 1}"),
    "fidelity-mode": fid("{min: 1, max: 9, mode: resum}"),
    "fidelity-scheduler-of-many": sweep(metric="metric: [{name: a}, {name: b}]", fidelity="fidelity: {min: 1, max: 9, scheduler: asha}"),
    "fidelity-scheduler": fid("{min: 1, max: 9, scheduler: ahsa}"),
    "fidelity-risk": fid("{min: 1, max: 9, scheduler: {name: curve, risk: 0.7}}"),
    "risk": sweep(extra="risk: 2\nfidelity: {min: 1, max: 9}"),
    "early-terminate-type": sweep(extra="early_terminate: {type: median, min_iter: 3}"),
    "early-terminate-both": sweep(extra="early_terminate: {type: hyperband, min_iter: 3, max_iter: 9, s: 2}"),
    "collect-from": sweep(collect="collect: [{from: stdotu, regex: 'x'}]"),
    "collect-regex": sweep(collect="collect: [{from: stdout, regex: '(?<loss>['}]"),
    "collect-group": sweep(collect="collect: [{from: stdout, regex: 'l=(?<lsos>.*)'}]"),
    "macro": sweep(command="command: [train, '${agrs}']"),
    "macro-parameter": sweep(command="command: [train, '${param:y}']"),
    "command-empty": sweep(command="command: []"),
    "command-mapping": sweep(command="command: {a: b}"),
    "budget-zero": sweep(budget="budget: {trials: 0}"),
    "budget-time": sweep(budget="budget: {time: soon}"),
    "resources-parallel": sweep(resources="resources: {parallel: 0}"),
    "resources-mem": sweep(resources="resources: {mem: lots}"),
    "retry-negative": sweep(retry="retry: -1"),
    "seed-text": sweep(seed="seed: lucky"),
    "checkpoints": sweep(checkpoints="checkpoints: {keep: best}"),
    "enqueue-unknown": sweep(enqueue="enqueue: [{y: 1}]"),
    "enqueue-outside": sweep(enqueue="enqueue: [{x: 7.0}]"),
    "wandb-job": sweep(job="job: org/project/job:v1"),
    "several": "metric: {name: loss, gaol: minimize}\nmethod: rnadom\nparameters:\n  a: {min: 1.0, max: 0.0}\n  b: {vlaues: [1]}\n",
}


def main():
    command = os.path.abspath(sys.argv[1])
    here = os.path.dirname(os.path.abspath(__file__))
    with tempfile.TemporaryDirectory() as folder, open(os.path.join(here, "wrong.txt"), "w") as out:
        for name, text in CASES.items():
            with open(os.path.join(folder, "sweep.yaml"), "w") as file:
                file.write(text)
            done = subprocess.run([command, "check", "sweep.yaml"], cwd=folder,
                                  capture_output=True, text=True)
            if done.returncode != 2:
                print(f"{name}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
                continue
            out.write(f"==== {name}\n{text}----\n{done.stderr}")


main()
