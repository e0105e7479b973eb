"""DEHB: METHOD is `default`; it needs a fidelity. Every evaluation trains anew, as its
own examples do."""
import fidelio_peer
import tempfile

import fidelio_configspace
from dehb import DEHB
from loguru import logger


class Dehb(fidelio_peer.Adapter):
    adopts = False

    def create(self, request):
        logger.remove()
        fidelity = request["fidelity"]
        if not fidelity:
            raise ValueError("DEHB needs a fidelity")
        self.space = fidelio_configspace.space(self.parameters, self.seed)
        self.optimizer = DEHB(cs=self.space, dimensions=len(self.space), seed=self.seed,
                              min_fidelity=fidelity["min"], max_fidelity=fidelity["max"], eta=3,
                              n_workers=1, output_path=tempfile.mkdtemp(prefix="dehb"),
                              save_freq="end")

    def propose(self):
        job = self.optimizer.ask()
        config = self.active(fidelio_configspace.plain(job["config"]))
        self.trials[self.n] = [job, config]
        self.n += 1
        return {"id": self.n - 1, "config": config, "budget": float(job["fidelity"])}

    def observe(self, job, config, loss):
        self.optimizer.tell(job, {"fitness": self.or_worst(loss), "cost": float(job["fidelity"])})


fidelio_peer.serve(Dehb())
