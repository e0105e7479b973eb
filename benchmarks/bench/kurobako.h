/* The solver protocol of kurobako (a benchmark of black-box optimisers in Rust): JSON
 * lines, a solver greets with SOLVER_SPEC_CAST and answers ASK_CALL and TELL_CALL.
 *
 *   < {"type": "SOLVER_SPEC_CAST", "spec": {"name": .., "attrs": {}, "capabilities": [..]}}
 *   > {"type": "CREATE_SOLVER_CAST", "solver_id": 0, "random_seed": 1, "problem":
 *      {"name": .., "attrs": {}, "params_domain": [VAR, ..], "values_domain": [VAR, ..],
 *       "steps": 27 or [1, 3, 9]}}
 *   > {"type": "ASK_CALL", "solver_id": 0, "next_trial_id": 5}
 *   < {"type": "ASK_REPLY", "trial": {"id": 5, "params": [0.1, null], "next_step": 9},
 *      "next_trial_id": 6}                   no next_step: the trial is pruned
 *   > {"type": "TELL_CALL", "solver_id": 0, "trial": {"id": 5, "values": [0.3],
 *      "current_step": 9}}                   no values: it cannot be evaluated
 *   < {"type": "TELL_REPLY"}
 *   > {"type": "DROP_SOLVER_CAST", "solver_id": 0}
 *
 * VAR is {"name", "range": {"type": "CONTINUOUS", "low", "high"} or {"type": "DISCRETE",
 * "low", "high" (not included)} or {"type": "CATEGORICAL", "choices": [..]},
 * "distribution": "UNIFORM" or "LOG_UNIFORM", "constraint": null}. All is minimised. */
#ifndef BENCH_KUROBAKO_H
#define BENCH_KUROBAKO_H

/* One of our methods as a solver for kurobako, on stdin and stdout; the exit code. */
int bench_kurobako_serve(const char *method);

/* A kurobako solver as a peer: speaks the peers' protocol on stdin and stdout and drives
 * the solver that `command` (of sh) starts. */
int bench_kurobako_bridge(const char *command, double timeout);

#endif
