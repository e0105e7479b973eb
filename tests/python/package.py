"""Tests of the Python package; run by test_python.sh."""

import math
import os
import subprocess
import sys
import tempfile
import textwrap
import threading
import unittest

import fidelio
from fidelio import _c

SPACE = {"lr": fidelio.Float(1e-5, 1.0, log=True), "layers": fidelio.Int(1, 8)}


def loss(params, epoch=1):
    return (math.log10(params["lr"]) + 2) ** 2 + 0.1 * params["layers"] + 1 / epoch


def study(space=None, **options):
    options.setdefault("method", "random")
    return fidelio.Study(SPACE if space is None else space, **options)


class Layout(unittest.TestCase):
    def test_structures_are_those_of_the_headers(self):
        out = subprocess.run([os.environ["FIDELIO_LAYOUT"]], capture_output=True, text=True, check=True)
        lines = [line.split() for line in out.stdout.splitlines()]
        self.assertEqual({line[0] for line in lines}, set(_c.STRUCTURES))
        for name, member, number in lines:
            ours = _c.STRUCTURES[name]
            got = _c.c.sizeof(ours) if member == "size" else getattr(ours, member).offset
            self.assertEqual(got, int(number), f"{name} {member}")


class Loop(unittest.TestCase):
    def test_the_loop_finds_a_good_trial_and_gives_most_little_budget(self):
        with study(fidelity=fidelio.Fidelity(1, 27), trials=40, seed=3) as s:
            for trial in s:
                with trial:
                    for epoch in trial.steps():
                        trial.report(loss(trial.params, epoch))
            infos = s.trials()
            self.assertEqual(len(infos), 40)
            self.assertEqual(s.best.state, "complete")
            self.assertLess(s.best.value, 2)
            self.assertEqual(s.best.step, 27)
            self.assertLess(sum(t.step for t in infos), 40 * 27 / 2)

    def test_without_fidelity_a_trial_is_told_once(self):
        with study(metric="accuracy", goal="maximize", trials=20, seed=1) as s:
            for trial in s:
                s.tell(trial, -loss(trial.params))
            self.assertEqual({t.state for t in s.trials()}, {"complete"})
            self.assertEqual(s.best.value, max(t.value for t in s.trials()))

    def test_ask_report_should_prune_end_by_hand(self):
        with study(fidelity=fidelio.Fidelity(1, 9), trials=3) as s:
            trial = s.ask()
            decision = s.report(trial, 0.5, step=1)
            self.assertIsInstance(decision, fidelio.Decision)
            self.assertEqual(s.should_prune(trial), decision != fidelio.Decision.CONTINUE)
            trial.done()
            self.assertRaises(fidelio.StateError, trial.report, 0.4)

    def test_the_same_seed_asks_the_same(self):
        def run():
            with study(trials=10, seed=11) as s:
                return [t.params for t in (s.ask() for _ in range(10))]
        self.assertEqual(run(), run())

    def test_several_metrics_by_name(self):
        metrics = [fidelio.Metric("loss"), fidelio.Metric("memory", "at_most", bound=4.0),
                   fidelio.Metric("note", "none")]
        with study(metric=metrics, trials=3) as s:
            s.tell(s.ask(), {"loss": 1.0, "memory": 9.0})
            s.tell(s.ask(), {"loss": 2.0, "memory": 1.0, "note": 7})
            self.assertEqual(s.best.id, 1)  # trial 0 breaks the bound
            self.assertEqual(s.trials()[0].reports[0][1], {"loss": 1.0, "memory": 9.0})
            with self.assertRaisesRegex(fidelio.InvalidError, "unknown metric 'los'"):
                s.ask().report({"los": 1})

    def test_several_objectives_have_a_front(self):
        metrics = [fidelio.Metric("error"), fidelio.Metric("speed", "maximize", reference=0.0)]
        with study(metric=metrics, trials=4) as s:
            for values in ((1.0, 1.0), (2.0, 2.0), (2.0, 1.0), (0.5, 0.1)):
                s.tell(s.ask(), dict(zip(("error", "speed"), values)))
            self.assertEqual([t.id for t in s.front], [3, 0, 1])
        with self.assertRaisesRegex(fidelio.UnsupportedError, "asha ranks trials by one objective"):
            study(metric=metrics, fidelity=fidelio.Fidelity(1, 9), scheduler="asha")

    def test_threads_share_a_study(self):
        with study(trials=40, parallel=4) as s:
            def work():
                while True:
                    try:
                        trial = s.ask()
                    except fidelio.Exhausted:
                        return
                    except fidelio.Wait:
                        continue
                    trial.tell(loss(trial.params))
            threads = [threading.Thread(target=work) for _ in range(4)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            self.assertEqual([t.state for t in s.trials()], ["complete"] * 40)


class Numbers(unittest.TestCase):
    def test_nan_and_infinity_are_diverged_and_not_lost(self):
        with study(trials=3) as s:
            for x in (math.nan, math.inf, 1.0):
                trial = s.ask()
                trial.report(x)
                trial.done()
            first, second, third = s.trials()
            self.assertTrue(math.isnan(first.value))
            self.assertEqual((first.state, first.reason), ("failed", "diverged"))
            self.assertEqual(second.value, math.inf)
            self.assertEqual(third.state, "complete")

    def test_what_is_no_number_is_refused(self):
        with study(trials=1) as s:
            trial = s.ask()
            self.assertRaises(TypeError, trial.report, None)
            self.assertRaises(ValueError, trial.report, "high")
            trial.report(0.5)


class Ends(unittest.TestCase):
    def test_an_exception_fails_the_trial_and_is_not_swallowed(self):
        with study(trials=2) as s:
            with self.assertRaisesRegex(RuntimeError, "out of cheese"):
                with s.ask():
                    raise RuntimeError("out of cheese")
            self.assertEqual((s.trials()[0].state, s.trials()[0].reason), ("failed", "crashed"))
            s.ask().infeasible("no such layer")
            self.assertEqual(s.trials()[1].reason, "infeasible")

    def test_a_failed_trial_is_tried_again(self):
        with study(trials=1, retry=1) as s:
            first = s.ask()
            first.fail("flaky")
            again = s.ask()
            self.assertEqual((again.id, again.attempt, again.params), (first.id, 2, first.params))
            self.assertRaises(fidelio.SupersededError, first.report, 1.0)
            again.tell(1.0)

    def test_waiting_is_told_from_the_end(self):
        with study(trials=1) as s:
            trial = s.ask()
            self.assertRaises(fidelio.Wait, s.ask)
            trial.tell(1.0)
            self.assertRaises(fidelio.Exhausted, s.ask)

    def test_a_closed_study_says_so(self):
        s = study()
        s.close()
        s.close()
        self.assertRaisesRegex(fidelio.StateError, "closed", s.ask)
        self.assertRaises(fidelio.StateError, s.trials)


class Spaces(unittest.TestCase):
    def test_kinds_come_back_as_they_went_in(self):
        space = {"opt": fidelio.Categorical(["adam", "sgd"]), "net": fidelio.Categorical([[64, 64], [128]]),
                 "mixed": fidelio.Categorical([True, 1, 1.5, None, "1"]),
                 "momentum": fidelio.Float(0, 0.99, when="opt == 'sgd'"), "wide": fidelio.Int(0, 2**60),
                 "size": fidelio.Categorical([32, 64, 128], ordered=True), "data": "digits"}
        with study(space, trials=60) as s:
            for trial in s:
                p = trial.params
                self.assertEqual("momentum" in p, p["opt"] == "sgd")
                self.assertIn(p["net"], [[64, 64], [128]])
                self.assertIn((type(p["mixed"]), p["mixed"]),
                              [(bool, True), (int, 1), (float, 1.5), (type(None), None), (str, "1")])
                self.assertTrue(isinstance(p["wide"], int) and p["data"] == "digits")
                trial.tell(0.0)

    def test_a_condition_may_be_a_dict(self):
        space = {"opt": fidelio.Categorical(["adam", "s'g\"d", "none"]), "deep": fidelio.Categorical([True, False]),
                 "b1": fidelio.Float(0, 1, when={"opt": ["adam", "s'g\"d"]}),
                 "b2": fidelio.Float(0, 1, when={"opt": "s'g\"d", "deep": True})}
        with study(space, trials=60) as s:
            for trial in s:
                p = trial.params
                self.assertEqual("b1" in p, p["opt"] != "none")
                self.assertEqual("b2" in p, p["opt"] == "s'g\"d" and p["deep"])
                trial.tell(0.0)

    def test_enqueued_and_default_come_first(self):
        space = {"lr": fidelio.Float(1e-5, 1, log=True, default=0.25), "layers": fidelio.Int(1, 8)}
        with study(space, trials=4) as s:
            self.assertAlmostEqual(s.ask().params["lr"], 0.25)
            trial = s.enqueue({"lr": 0.5, "layers": 3})
            asked = s.ask()
            self.assertEqual((asked.id, asked.params["layers"]), (trial, 3))
            self.assertAlmostEqual(asked.params["lr"], 0.5)
            with self.assertRaisesRegex(fidelio.InvalidError, "lr"):
                s.enqueue({"lr": 7.0})
            with self.assertRaisesRegex(fidelio.InvalidError, "rate"):
                s.enqueue({"rate": 0.5})

    def test_constraints_hold(self):
        with study(trials=50, constraints=["lr * layers < 0.5"]) as s:
            for trial in s:
                self.assertLess(trial.params["lr"] * trial.params["layers"], 0.5)
                trial.tell(0.0)

    def test_wrong_settings_are_refused_in_words(self):
        cases = [(dict(space={"lr": fidelio.Float(1, 1e-3)}), "lr"),
                 (dict(space={"a b": fidelio.Int(1, 2)}), "a b"),
                 (dict(space={"lr": fidelio.Float(1e-3, 1, when="opt == 1")}), "opt"),
                 (dict(method="rondom"), "did you mean 'random'"),
                 (dict(scheduler="nothing-like-it"), "there are: "),
                 (dict(metric=fidelio.Metric("loss", "best")), "goal is one of"),
                 (dict(fidelity=fidelio.Fidelity(1, 9, mode="go")), "mode is one of"),
                 (dict(fidelity=fidelio.Fidelity(9, 1)), "min")]
        for options, words in cases:
            with self.assertRaisesRegex(fidelio.InvalidError, words):
                study(**options)
        self.assertRaises(ValueError, fidelio.Int, 0, 0.5)


class Stored(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "study.db")

    def test_the_same_call_continues(self):
        for n in (5, 12):
            with study(path=self.path, trials=n) as s:
                for trial in s:
                    trial.tell(loss(trial.params))
                self.assertEqual(len(s.trials()), n)

    def test_another_engine_is_refused_and_told_who_has_it(self):
        with study(path=self.path):
            with self.assertRaisesRegex(fidelio.LockedError, f"pid {os.getpid()} on host .*package.py"):
                study(path=self.path)

    def test_another_space_is_refused(self):
        study(path=self.path).close()
        with self.assertRaisesRegex(fidelio.InvalidError, "another definition"):
            study({"lr": fidelio.Float(1e-5, 2.0, log=True)}, path=self.path)

    def test_a_folder_that_is_not_there_is_a_storage_error(self):
        with self.assertRaisesRegex(fidelio.StorageError, "absent"):
            study(path=self.path + "/absent/study.db")

    def test_a_killed_process_loses_nothing_it_was_told(self):
        script = textwrap.dedent("""
            import os, signal, fidelio
            s = fidelio.Study({"x": fidelio.Float(0, 1)}, method="random", path=%r, trials=9)
            for trial in s:
                trial.report(0.5)
                if trial.id == 3:
                    os.kill(os.getpid(), signal.SIGKILL)
                trial.done()
        """ % self.path)
        done = subprocess.run([sys.executable, "-c", script], check=False)
        self.assertEqual(done.returncode, -9)
        with study({"x": fidelio.Float(0, 1)}, path=self.path, trials=9) as s:
            self.assertEqual([t.state for t in s.trials()], ["complete"] * 3 + ["waiting"])
            self.assertEqual(s.trials()[3].reports, [(1.0, {"loss": 0.5})])
            self.assertEqual((s.ask().id, s.ask().id), (3, 4))


class Result(unittest.TextTestResult):
    """Lines as the C tests print them."""

    def addSuccess(self, test):
        super().addSuccess(test)
        print("ok    ", test.id())

    def addFailure(self, test, err):
        super().addFailure(test, err)
        print("not ok", test.id())

    def addError(self, test, err):
        super().addError(test, err)
        print("not ok", test.id())


if __name__ == "__main__":
    unittest.main(testRunner=unittest.TextTestRunner(resultclass=Result, verbosity=0, stream=sys.stdout))
