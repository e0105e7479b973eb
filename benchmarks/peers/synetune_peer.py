"""Syne Tune (current): METHOD is the name of one of its baselines: RandomSearch, CQR,
BORE, TPE, BOTorch, RegularizedEvolution; with a fidelity ASHA, ASHABORE, ASHACQR, BOHB.
Conditions are flattened; a scheduler that resumes trials gets their id again."""
import fidelio_peer
import fidelio_synetune
import datetime
import inspect
import logging

from syne_tune.backend.trial_status import Trial
from syne_tune.optimizer import baselines



class SyneTune(fidelio_peer.Adapter):
    adopts = False

    def create(self, request):
        logging.disable(logging.WARNING)
        make = getattr(baselines, request["method"])
        fidelity, known = request["fidelity"], inspect.signature(make).parameters
        # it counts in whole steps: of the least budget where that is a fraction
        self.unit = fidelity["min"] if fidelity and not fidelity["integer"] else 1
        given = {"metric": "loss", "metrics": ["loss"], "do_minimize": True,
                 "random_seed": self.seed % 2**31, "time_attr": "step",
                 "max_t": round(fidelity["max"] / self.unit) if fidelity else None,
                 "points_to_evaluate": [{p.name: c.get(p.name, p.default()) for p in self.parameters}
                                        for c in self.initial] or None}
        self.scheduler = make(fidelio_synetune.space(self.parameters),
                              **{k: v for k, v in given.items() if k in known and v is not None})

    def propose(self):
        suggestion = self.scheduler.suggest()
        if suggestion is None:
            return {"done": True}
        if not suggestion.spawn_new_trial_id:
            trial, config = self.trials[suggestion.checkpoint_trial_id]
            return {"id": suggestion.checkpoint_trial_id, "config": config}
        trial = Trial(trial_id=self.n, config=suggestion.config,
                      creation_time=datetime.datetime(2000, 1, 1))
        self.scheduler.on_trial_add(trial)
        config = fidelio_synetune.plain(suggestion.config)
        return trial, config

    def report(self, trial, step, loss):
        result = {"loss": self.or_worst(loss), "step": round(step / self.unit)}
        return self.scheduler.on_trial_result(trial, result) == "CONTINUE"

    def observe(self, trial, config, loss):
        result = {"loss": self.or_worst(loss), "step": self.step}
        if self.request["fidelity"] is None:
            self.scheduler.on_trial_result(trial, result)
        if self.status == "done":
            self.scheduler.on_trial_complete(trial, result)
        elif self.status == "stopped":
            self.scheduler.on_trial_remove(trial)
        else:
            self.scheduler.on_trial_error(trial)
        self.trials[trial.trial_id] = [trial, config]  # it may be resumed

    def op_tell(self, request):
        self.status, self.step = request["status"], round((request["step"] or 0) / self.unit)
        return super().op_tell(request)


fidelio_peer.serve(SyneTune())
