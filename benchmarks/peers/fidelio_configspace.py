"""The space for peers that use ConfigSpace, conditions included."""
import ConfigSpace as cs


def hyperparameter(p):
    if p.kind == "float":
        return cs.UniformFloatHyperparameter(p.name, p.low, p.high, log=p.log)
    if p.kind == "int":
        return cs.UniformIntegerHyperparameter(p.name, p.low, p.high, log=p.log)
    if p.kind == "ordered":
        return cs.OrdinalHyperparameter(p.name, p.choices)
    return cs.CategoricalHyperparameter(p.name, p.choices)


def space(parameters, seed):
    made = cs.ConfigurationSpace(seed=seed)
    made.add([hyperparameter(p) for p in parameters])
    add_conditions(made, parameters)
    return made


def add_conditions(made, parameters):
    made.add([cs.InCondition(made[p.name], made[p.parent], p.parent_values)
              for p in parameters if p.parent])


def plain(configuration):
    """A dict of Python's own numbers and strings."""
    return {name: getattr(value, "item", lambda v=value: v)()
            for name, value in dict(configuration).items()}
