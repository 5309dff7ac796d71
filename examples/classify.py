"""Train on labelled lines and judge the result: ``python classify.py train.txt test.txt``."""

import sys

from textspace import TextClassifier

train, test = sys.argv[1:]
clf = TextClassifier(word_ngrams=2, dim=50, epochs=25, learning_rate=0.5)
clf.fit(train, validation=test)
metrics = clf.evaluate(test)
print(f"{len(clf.labels_)} labels, accuracy {metrics.accuracy:.3f}, mean F1 of the labels {metrics.macro_f1:.3f}")
for confusion in metrics.confusions(3):
    print(f"{confusion.gold} taken for {confusion.predicted}: {confusion.n_documents}")
clf.save("classifier.textspace")
