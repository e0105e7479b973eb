"""OSS Vizier: METHOD is default (its GP_UCB_PE) or eagle. Conditions are flattened, as
its Gaussian process demands; running trials are told as active ones."""
import fidelio_peer
import logging
import warnings

import jax
import vizier.pyvizier as vz
from vizier.algorithms import ActiveTrials, CompletedTrials
from vizier._src.algorithms.designers import gp_ucb_pe
from vizier._src.algorithms.designers.eagle_strategy import eagle_strategy

logging.disable(logging.WARNING)
warnings.simplefilter("ignore")


class Vizier(fidelio_peer.Adapter):
    def create(self, request):
        problem = vz.ProblemStatement()
        root = problem.search_space.root
        for p in self.parameters:
            scale = vz.ScaleType.LOG if p.log else vz.ScaleType.LINEAR
            if p.kind == "float":
                root.add_float_param(p.name, p.low, p.high, scale_type=scale)
            elif p.kind == "int":
                root.add_int_param(p.name, p.low, p.high, scale_type=scale)
            elif p.kind == "ordered":  # by its index
                root.add_int_param(p.name, 0, len(p.choices) - 1)
            else:
                root.add_categorical_param(p.name, p.choices)
        problem.metric_information.append(
            vz.MetricInformation(name="loss", goal=vz.ObjectiveMetricGoal.MINIMIZE))
        seed = self.seed % 2**31
        self.designer = (eagle_strategy.EagleStrategyDesigner(problem, seed=seed)
                         if request["method"] == "eagle" else
                         gp_ucb_pe.VizierGPUCBPEBandit(problem, rng=jax.random.PRNGKey(seed)))
        self.number, self.active_trials, self.news = 0, {}, []

    def start(self, suggestion):
        self.number += 1
        self.active_trials[self.number] = suggestion.to_trial(self.number)
        return self.number

    def propose(self):
        self.designer.update(CompletedTrials(self.news),
                             ActiveTrials(list(self.active_trials.values())))
        self.news = []
        suggestion = self.designer.suggest(1)[0]
        found = suggestion.parameters.as_dict()
        config = {p.name: p.choices[int(found[p.name])] if p.kind == "ordered" else found[p.name]
                  for p in self.parameters}
        return self.start(suggestion), config

    def adopt(self, config):
        values = {p.name: config.get(p.name, p.default()) for p in self.parameters}
        return self.start(vz.TrialSuggestion(
            {p.name: p.choices.index(values[p.name]) if p.kind == "ordered" else values[p.name]
             for p in self.parameters}))

    def drop(self, number):
        del self.active_trials[number]

    def observe(self, number, config, loss):
        trial = self.active_trials.pop(number)
        if loss is None:
            trial.complete(vz.Measurement(), infeasibility_reason="failed")
        else:
            trial.complete(vz.Measurement(metrics={"loss": loss}))
        self.news.append(trial)


fidelio_peer.serve(Vizier())
