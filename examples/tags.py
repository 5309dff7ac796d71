"""Train on lines with tags and judge the result: ``python tags.py train.txt test.txt [TEXT ...]``."""

import sys

from textspace import TagSpace

train, test, *texts = sys.argv[1:]
ts = TagSpace().fit(train)
metrics = ts.evaluate(test)
print(f"{len(ts.tags_)} tags, P@1 {metrics.precision[1]:.3f}, R@10 {metrics.recall[10]:.3f}")
ranked = ts.rank(texts, k=5)
for text, tags in zip(texts, ranked.labels, strict=True):
    print(f"{text}: {', '.join(tags)}")
ts.save("tags.textspace")
