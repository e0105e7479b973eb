"""The xgboost command's training task on top of python3-xgboost, for systems without the
command: xgboost_command.py FILE.conf NAME=VALUE... Writes the command's lines to stderr."""
import sys
import time

import xgboost


def settings(lines):
    for line in lines:
        line = line.split("#")[0].strip()
        if line:
            name, value = line.split("=", 1)
            yield name.strip(), value.strip().strip('"')


def main(conf, *arguments):
    with open(conf) as file:
        given = dict(settings(file))
    given.update(settings(arguments))
    rounds = int(given.pop("num_round"))
    model_in, model_out = given.pop("model_in", None), given.pop("model_out")
    train = xgboost.DMatrix(given.pop("data") + "?format=libsvm")
    evals = [(xgboost.DMatrix(given.pop(name) + "?format=libsvm"), name[5:-1])
             for name in list(given) if name.startswith("eval[")]
    given.pop("task")
    model = xgboost.Booster(given, [train] + [data for data, _ in evals])
    if model_in:
        with open(model_in, "rb") as file:
            model.load_model(bytearray(file.read()))
    for step in range(rounds):
        model.update(train, step)
        print(time.strftime("[%H:%M:%S]"), model.eval_set(evals, step), file=sys.stderr)
    with open(model_out, "wb") as file:
        file.write(model.save_raw("ubj"))


main(*sys.argv[1:])
