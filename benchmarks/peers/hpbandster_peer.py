"""BOHB by its authors (hpbandster): METHOD is bohb or hyperband; it needs a fidelity.
The loop of its Master without its daemons: brackets run after one another, and where one
waits for results the next one starts. A promoted configuration goes on where it was."""
import fidelio_peer
import logging
import random
import warnings

import ConfigSpace
import numpy as np
from hpbandster.core.dispatcher import Job
from hpbandster.optimizers.config_generators.bohb import BOHB
from hpbandster.optimizers.config_generators.random_sampling import RandomSampling
from hpbandster.optimizers.iterations import SuccessiveHalving

import fidelio_configspace

ETA = 3
logging.disable(logging.WARNING)
warnings.simplefilter("ignore")


class Hpbandster(fidelio_peer.Adapter):
    adopts = False

    def create(self, request):
        fidelity = request["fidelity"]
        if not fidelity:
            raise ValueError("BOHB needs a fidelity")
        random.seed(self.seed)
        np.random.seed(self.seed)
        # it knows no ordinal parameters: by their index
        space = ConfigSpace.ConfigurationSpace(seed=self.seed)
        space.add([ConfigSpace.UniformIntegerHyperparameter(p.name, 0, len(p.choices) - 1)
                   if p.kind == "ordered" else fidelio_configspace.hyperparameter(p)
                   for p in self.parameters])
        fidelio_configspace.add_conditions(space, self.parameters)
        make = BOHB if request["method"] == "bohb" else RandomSampling
        self.generator = make(configspace=space)
        low, high = fidelity["min"], fidelity["max"]
        self.rungs = 1 + int(np.log(high / low) / np.log(ETA) + 1e-9)
        self.budgets = high * ETA ** -np.linspace(self.rungs - 1, 0, self.rungs)
        self.brackets, self.numbers = [], {}

    def bracket(self):
        """As hpbandster.optimizers.BOHB.get_next_iteration."""
        index = len(self.brackets)
        s = self.rungs - 1 - index % self.rungs
        first = int(np.floor(self.rungs / (s + 1)) * ETA ** s)
        sizes = [max(int(first * ETA ** -i), 1) for i in range(s + 1)]
        return SuccessiveHalving(HPB_iter=index, num_configs=sizes,
                                 budgets=self.budgets[-s - 1:],
                                 config_sampler=self.generator.get_config)

    def next_run(self):
        for bracket in self.brackets:
            run = None if bracket.is_finished else bracket.get_next_run()
            if run:
                return run
        self.brackets.append(self.bracket())
        return self.brackets[-1].get_next_run()

    def propose(self):
        name, found, budget = self.next_run()
        config = self.active({p.name: p.choices[int(found[p.name])] if p.kind == "ordered"
                              else getattr(found[p.name], "item", lambda v=found[p.name]: v)()
                              for p in self.parameters if p.name in found})
        number = self.numbers.setdefault(name, self.n)
        self.n += number == self.n
        job = Job(name, config=found, budget=budget)
        self.trials[number] = [job, config]
        return {"id": number, "config": config, "budget": float(budget)}

    def observe(self, job, config, loss):
        job.result = {"loss": self.or_worst(loss), "info": None}
        self.brackets[job.id[0]].register_result(job)
        self.generator.new_result(job)


fidelio_peer.serve(Hpbandster())
