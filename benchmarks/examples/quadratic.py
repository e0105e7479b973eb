"""A problem of one's own for fidelio-bench: reads a configuration a line, answers a loss
a line. The loss at epoch e is that of the end plus 1/e; a narrow corner cannot be trained."""
import json
import sys

for line in sys.stdin:
    query = json.loads(line)
    config, epoch = query["config"], query["fidelity"]
    if config["layers"] == 5 and config["lr"] > 0.9:
        print(json.dumps({"status": "failed"}), flush=True)
        continue
    end = (config["lr"] - 0.3) ** 2 + 0.1 * abs(config["layers"] - 3)
    print(json.dumps({"value": end + 1 / epoch, "seconds": epoch * config["layers"]}), flush=True)
