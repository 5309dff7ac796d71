"""Slow second implementations for tag ranking: NumPy in float64, nothing of textspace."""

from __future__ import annotations

import numpy as np


def weighted(rows: list[int], weights: np.ndarray) -> np.ndarray:
    vector = np.zeros(weights.size)
    for row in set(rows):
        vector[row] = (1 + np.log(rows.count(row))) * float(weights[row])
    norm = np.linalg.norm(vector)
    return vector / norm if norm else vector


def squared_hinge_machine(texts: np.ndarray, has_tag: np.ndarray, cost: float, n_steps: int = 4000) -> np.ndarray:
    """Weights of min |w|^2 / 2 + cost * sum of max(0, 1 - y (w x - 1))^2, by Newton steps over the active texts."""
    signs = np.where(has_tag, 1.0, -1.0)
    weights = np.zeros(texts.shape[1])
    for _ in range(n_steps):
        slack = 1 - signs * (texts @ weights - 1)
        active = texts[slack > 0]
        gradient = weights - 2 * cost * active.T @ (signs * slack)[slack > 0]
        if np.abs(gradient).max() < 1e-10:
            break
        weights = weights - np.linalg.solve(np.eye(weights.size) + 2 * cost * active.T @ active, gradient)
    return weights


def ranks(scores: list[float], tag_ids: list[int]) -> list[int]:
    order = sorted(range(len(scores)), key=lambda tag: (-scores[tag], tag))
    return [order.index(tag) + 1 if tag >= 0 else len(scores) + 1 for tag in tag_ids]
