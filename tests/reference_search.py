"""Slow, plain second implementation of search and evaluation: float64, nothing of textspace."""

import numpy as np


def unit_rows(rows):
    """Rows divided by their norms; rows of zeros stay."""
    rows = np.asarray(rows, dtype=np.float64)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)


def ranking(scores, *, last=(), excluded=()):
    """Rows by descending score, ties by number; rows of `last` come after all others, those of `excluded` nowhere."""
    rows = [row for row in range(len(scores)) if row not in excluded]
    return sorted(rows, key=lambda row: (row in last, -scores[row], row))


def nearest(rows, query, k, *, similarity="cosine", excluded=()):
    """The k rows of highest cosine or inner product with a query, and these."""
    last = set()
    if similarity == "cosine":
        last = {row for row in range(len(rows)) if not np.any(rows[row])}
        rows, query = unit_rows(rows), unit_rows([query])[0]
    scores = np.asarray(rows, dtype=np.float64) @ np.asarray(query, dtype=np.float64)
    best = ranking(scores, last=last, excluded=set(excluded))[:k]
    return best, scores[best]


def analogy_scores(rows, question, method):
    """How good each row is as d in "a is to b as c is to d": Levy and Goldberg (2014), equations 3 and 4."""
    units = unit_rows(rows)
    a, b, c = (units @ units[row] for row in question)
    if method == "3cosadd":
        return b - a + c
    return ((b + 1) / 2) * ((c + 1) / 2) / ((a + 1) / 2 + 0.001)


def answer(rows, question, method, n_answer_rows):
    """The row of the highest score that is no word of the question and not zero; -1 where there is none."""
    candidates = [row for row in range(n_answer_rows) if row not in question and np.any(rows[row])]
    if not candidates or not all(np.any(rows[row]) for row in question):
        return -1
    scores = analogy_scores(rows, question, method)
    return min(candidates, key=lambda row: (-scores[row], row))


def mean_rows(matrix, lists):
    """Mean of the rows of each list; row -1 is a row of zeros that counts, an empty list gives zeros."""
    out = np.zeros((len(lists), matrix.shape[1]))
    for i, rows in enumerate(lists):
        for row in rows:
            if row >= 0:
                out[i] += matrix[row]
        if rows:
            out[i] /= len(rows)
    return out
