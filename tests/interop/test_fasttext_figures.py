"""fastText's own evaluation of its own predictions against ours of the same."""

import json
from pathlib import Path

import numpy as np
import pytest
from peer import run_with

from textspace.evaluation import MetricsCollector

SCRIPT = """
import json, sys, random, fasttext
folder = sys.argv[1]
random.seed(3)
words = {"a": "apple ape ant", "b": "bear bee bat", "c": "cat cow crow", "d": "dog duck dove"}
def line(labels):
    drawn = [random.choice(words[random.choice("abcd" if random.random() < 0.4 else labels)].split()) for _ in range(6)]
    return " ".join([*("__label__" + label for label in labels), *drawn])
def write(name, n, letters):
    lines = [line(random.sample(letters, random.choice([1, 1, 2]))) for _ in range(n)]
    open(f"{folder}/{name}", "w").write("\\n".join(lines) + "\\n")
words["new"] = "newt"
write("train", 600, ["a", "b", "c", "d"])
write("test", 200, ["a", "b", "c", "d", "new"])
# Fewer threads leave a part of the input matrix as the memory was; softmax has no table, hence no ties.
model = fasttext.train_supervised(f"{folder}/train", loss="softmax", dim=10, thread=11, epoch=10, bucket=0, verbose=0)
texts = [" ".join(t for t in l.split() if not t.startswith("__label__")) for l in open(f"{folder}/test")]
labels, scores = model.predict(texts, k=-1)
out = {"labels": model.labels, "predicted": labels, "scores": [list(map(float, s)) for s in scores], "tests": {}}
for k, threshold in ((1, 0.0), (2, 0.0), (3, 0.4), (1, 0.6)):
    by_label = model.test_label(f"{folder}/test", k, threshold)
    out["tests"][f"{k} {threshold}"] = [model.test(f"{folder}/test", k, threshold), by_label]
meter = model.get_meter(f"{folder}/test")
out["at_recall"] = [meter.precision_at_recall(q / 10) for q in range(11)]
out["at_precision"] = [meter.recall_at_precision(q / 10) for q in range(11)]
out["at_recall_a"] = [meter.precision_at_recall(q / 10, "__label__a") for q in range(11)]
print(json.dumps(out))
"""


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("fasttext")
    return json.loads(run_with("fasttext", SCRIPT, folder)) | {"file": folder / "test"}


def collected(theirs: dict[str, object], k: int, threshold: float) -> MetricsCollector:
    labels = theirs["labels"]
    collector = MetricsCollector(labels, k=k, threshold=threshold)
    lines = Path(str(theirs["file"])).read_text(encoding="utf-8").splitlines()
    gold = [[token for token in line.split() if token.startswith("__label__")] for line in lines]
    label_ids = np.array([[labels.index(label) for label in row] for row in theirs["predicted"]], np.int32)
    collector.add_ranked(gold, label_ids, np.array(theirs["scores"], np.float32) - np.float32(1e-5))
    return collector


@pytest.mark.parametrize(("k", "threshold"), [(1, 0.0), (2, 0.0), (3, 0.4), (1, 0.6)])
def test_test_and_test_label_are_fasttexts(theirs: dict[str, object], k: int, threshold: float) -> None:
    metrics = collected(theirs, k, threshold).metrics()
    assert "__label__new" in metrics.labels
    whole, by_label = theirs["tests"][f"{k} {threshold}"]
    assert metrics.fasttext_test() == pytest.approx(tuple(whole))
    for label, found in metrics.fasttext_labels().items():
        expected = by_label[label]
        assert found == pytest.approx(
            (expected["precision"], expected["recall"], expected["f1score"]), nan_ok=True, abs=1e-12
        )


def test_curve_is_fasttexts(theirs: dict[str, object]) -> None:
    # fastText looks at the documents with a known label only; ours has all of them, so compare on these.
    labels = theirs["labels"]
    lines = Path(str(theirs["file"])).read_text(encoding="utf-8").splitlines()
    gold = [[token for token in line.split() if token in labels] for line in lines]
    known = [position for position, row in enumerate(gold) if row]
    collector = MetricsCollector(labels)
    label_ids = np.array([[labels.index(label) for label in theirs["predicted"][n]] for n in known], np.int32)
    collector.add_ranked([gold[n] for n in known], label_ids, np.array(theirs["scores"], np.float32)[known])
    metrics = collector.metrics()
    shares = [q / 10 for q in range(11)]
    assert [metrics.precision_at_recall(share) for share in shares] == pytest.approx(theirs["at_recall"])
    assert [metrics.recall_at_precision(share) for share in shares] == pytest.approx(theirs["at_precision"])
    assert [metrics.precision_at_recall(share, "__label__a") for share in shares] == pytest.approx(
        theirs["at_recall_a"]
    )
