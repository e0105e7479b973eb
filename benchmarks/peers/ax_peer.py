"""Ax: METHOD is `default`: what its Client chooses. Conditions are flattened."""
import fidelio_peer
import logging
import warnings

import torch
from ax.api.client import Client
from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig

torch.set_num_threads(1)
warnings.simplefilter("ignore")
logging.disable(logging.WARNING)


def parameter(p):
    if p.is_numeric():
        return RangeParameterConfig(name=p.name, bounds=(p.low, p.high), parameter_type=p.kind,
                                    scaling="log" if p.log else "linear")
    if p.kind == "ordered":  # by its index
        return RangeParameterConfig(name=p.name, bounds=(0, len(p.choices) - 1), parameter_type="int")
    return ChoiceParameterConfig(name=p.name, values=p.choices, parameter_type="str", is_ordered=False)


class Ax(fidelio_peer.Adapter):
    def create(self, request):
        self.client = Client(random_seed=self.seed)
        self.client.configure_experiment(parameters=[parameter(p) for p in self.parameters])
        self.client.configure_optimization(objective="-loss")

    def propose(self):
        (index, found), = self.client.get_next_trials(max_trials=1).items()
        return index, {p.name: p.choices[found[p.name]] if p.kind == "ordered" else found[p.name]
                       for p in self.parameters}

    def adopt(self, config):
        values = {p.name: config.get(p.name, p.default()) for p in self.parameters}
        for p in self.parameters:
            if p.kind == "ordered":
                values[p.name] = p.choices.index(values[p.name])
        return self.client.attach_trial(values)

    def drop(self, index):
        self.client.mark_trial_abandoned(index)

    def observe(self, index, config, loss):
        if loss is None:
            self.client.mark_trial_failed(index)
        else:
            self.client.complete_trial(index, raw_data={"loss": loss})


fidelio_peer.serve(Ax())
