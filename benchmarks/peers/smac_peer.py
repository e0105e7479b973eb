"""SMAC3: METHOD is hpo, bb (Gaussian process), random, or mf (Hyperband)."""
import fidelio_peer
import logging
import tempfile

import fidelio_configspace
import smac
from ConfigSpace import Configuration
from smac.runhistory.dataclasses import TrialValue
from smac.runhistory.enumerations import StatusType

FACADES = {"hpo": smac.HyperparameterOptimizationFacade, "bb": smac.BlackBoxFacade,
           "random": smac.RandomFacade, "mf": smac.MultiFidelityFacade}


class Smac(fidelio_peer.Adapter):
    adopts = False  # it waits for the result of what it proposed itself

    def create(self, request):
        self.space = fidelio_configspace.space(self.parameters, self.seed)
        fidelity = request["fidelity"]
        self.multi = request["method"] == "mf"
        # in a multi-fidelity contest the number of trials is not known before
        n_trials = 100000 if fidelity else int(request["budget"])
        scenario = smac.Scenario(
            self.space, output_directory=tempfile.mkdtemp(prefix="smac"), deterministic=True,
            n_trials=n_trials, seed=self.seed, n_workers=1, crash_cost=1e300,
            min_budget=fidelity["min"] if self.multi else None,
            max_budget=fidelity["max"] if self.multi else None)
        more = {}
        if self.initial:  # instead of its own
            more["initial_design"] = FACADES[request["method"]].get_initial_design(
                scenario, n_configs=0, additional_configs=[
                    Configuration(self.space, values=c) for c in self.initial])
        self.facade = FACADES[request["method"]](
            scenario, lambda config, seed=0, budget=None: 0.0, overwrite=True,
            logging_level=logging.ERROR, **more)

    def propose(self):
        info = self.facade.ask()
        config = fidelio_configspace.plain(info.config)
        if not self.multi:
            return info, config
        # a configuration on its next rung goes on where it was
        known = next((i for i, t in self.trials.items() if t[0].config == info.config), None)
        if known is None:
            known, self.n = self.n, self.n + 1
        self.trials[known] = [info, config]
        return {"id": known, "config": self.active(config), "budget": info.budget}

    def observe(self, info, config, loss):
        value = (TrialValue(cost=loss) if loss is not None
                 else TrialValue(cost=self.or_worst(None), status=StatusType.CRASHED))
        self.facade.tell(info, value, save=False)
        if self.multi:  # may be promoted
            self.trials[self.told] = [info, config]

    def op_tell(self, request):
        self.told = request["id"]
        return super().op_tell(request)


fidelio_peer.serve(Smac())
