"""Syne Tune 0.13, the last that has them: METHOD is MOBSTER, HyperTune, DyHPO, PASHA,
ASHA, BOHB (all of which need a fidelity) or BayesianOptimization, BORE. Conditions are
flattened; a scheduler that resumes trials gets their id again."""
import fidelio_peer
import fidelio_synetune
import datetime
import logging
import warnings

from syne_tune.backend.trial_status import Trial
from syne_tune.optimizer import baselines
from syne_tune.optimizer.scheduler import SchedulerDecision

logging.disable(logging.WARNING)
warnings.simplefilter("ignore")



class SyneTune(fidelio_peer.Adapter):
    adopts = False

    def create(self, request):
        fidelity = request["fidelity"]
        given = {"metric": "loss", "mode": "min", "random_seed": self.seed % 2**31,
                 "search_options": {"debug_log": False}}
        # it counts in whole steps: of the least budget where that is a fraction
        self.unit = fidelity["min"] if fidelity and not fidelity["integer"] else 1
        if fidelity:
            given.update(resource_attr="step", max_t=round(fidelity["max"] / self.unit),
                         grace_period=max(1, round(fidelity["min"] / self.unit)))
        if self.initial:
            given["points_to_evaluate"] = [{p.name: c.get(p.name, p.default())
                                            for p in self.parameters} for c in self.initial]
        make = getattr(baselines, request["method"])
        self.scheduler = make(fidelio_synetune.space(self.parameters), **given)

    def propose(self):
        suggestion = self.scheduler.suggest(self.n)
        if suggestion is None:
            return {"done": True}
        if not suggestion.spawn_new_trial_id:
            trial, config = self.trials[suggestion.checkpoint_trial_id]
            return {"id": suggestion.checkpoint_trial_id, "config": config}
        trial = Trial(trial_id=self.n, config=suggestion.config,
                      creation_time=datetime.datetime(2000, 1, 1))
        self.scheduler.on_trial_add(trial)
        return trial, fidelio_synetune.plain(suggestion.config)

    def result(self, loss, step):
        return {"loss": self.or_worst(loss), "step": round((step or 0) / self.unit)}

    def report(self, trial, step, loss):
        decision = self.scheduler.on_trial_result(trial, self.result(loss, step))
        return decision == SchedulerDecision.CONTINUE

    def observe(self, trial, config, loss):
        if self.status == "done":
            self.scheduler.on_trial_complete(trial, self.result(loss, self.step))
        elif self.status == "stopped":
            self.scheduler.on_trial_remove(trial)
        else:
            self.scheduler.on_trial_error(trial)
        self.trials[trial.trial_id] = [trial, config]  # it may be resumed

    def op_tell(self, request):
        self.status, self.step = request["status"], request["step"]
        return super().op_tell(request)


fidelio_peer.serve(SyneTune())
