"""A training script as users have it: arguments in, a checkpoint, one JSON line an epoch."""
import argparse
import json
import os
import pickle

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.001)
parser.add_argument("--alpha", type=float, default=0.0001)
parser.add_argument("--hidden", type=int, default=32)
parser.add_argument("--batch", type=int, default=32)
args = parser.parse_args()

x, y = load_digits(return_X_y=True)
train_x, valid_x, train_y, valid_y = train_test_split(x / 16, y, test_size=0.3, random_state=0)
checkpoint = os.path.join(os.environ["FIDELIO_CHECKPOINT_DIR"], "model.pickle")
epoch, model = 0, None
if os.path.exists(checkpoint):
    with open(checkpoint, "rb") as file:
        epoch, model = pickle.load(file)
if model is None:
    model = MLPClassifier((args.hidden,), learning_rate_init=args.lr, alpha=args.alpha,
                          batch_size=args.batch, random_state=int(os.environ["FIDELIO_SEED"]))

with open(os.environ["FIDELIO_REPORT"], "a") as report:
    while epoch < float(os.environ["FIDELIO_BUDGET"]):
        model.partial_fit(train_x, train_y, classes=range(10))
        epoch += 1
        line = {"step": epoch, "accuracy": model.score(valid_x, valid_y), "loss": model.loss_}
        report.write(json.dumps(line) + "\n")
        report.flush()
with open(checkpoint + ".part", "wb") as file:
    pickle.dump((epoch, model), file)
os.replace(checkpoint + ".part", checkpoint)
