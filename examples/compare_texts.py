"""Rank texts by how near they are to a query: ``python compare_texts.py vectors.textspace "query" texts.txt``."""

import sys
from pathlib import Path

import numpy as np

from textspace import load

wv = load(sys.argv[1])
texts = Path(sys.argv[3]).read_text(encoding="utf-8").splitlines()
vectors = wv.embed([sys.argv[2], *texts])
vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
similarities = vectors[1:] @ vectors[0]
for pos in np.argsort(-similarities)[:5]:
    print(f"{similarities[pos]:.3f}  {texts[pos]}")
