"""Train the `paper` preset on encoded posts and print its speed: what pytorch_tagspace.py does with PyTorch."""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from textspace.training.tag_documents import TagDocuments, encode_tagged
from textspace.training.tagspace import tag_trainer
from textspace.training.tagspace_matrices import core_model, new_matrices
from textspace.training.tagspace_parameters import tagspace_preset


def encode(text: Path, output: Path) -> None:
    """Write the posts of a file with labels as arrays that both programs read."""
    features, tags, counts, posts = encode_tagged(text, None, replace(tagspace_preset("paper"), min_count=2))
    np.savez(
        output,
        indptr=posts.indptr,
        rows=posts.rows,
        tag_indptr=posts.tag_indptr,
        tag_ids=posts.tag_ids,
        tag_counts=counts,
        n_words=features.n_rows,
        n_tags=len(tags),
    )


def main(path: str, dim: int, batch_size: int, n_threads: int, n_posts: int) -> None:
    """Train on the first n_posts posts and print posts a second."""
    data = dict(np.load(path))
    n_posts = min(n_posts, data["indptr"].size - 1)
    posts = TagDocuments(
        data["indptr"][: n_posts + 1],
        data["rows"][: data["indptr"][n_posts]],
        data["tag_indptr"][: n_posts + 1],
        data["tag_ids"][: data["tag_indptr"][n_posts]],
    )
    parameters = replace(
        tagspace_preset("paper"), dim=dim, batch_size=batch_size, n_threads=n_threads, epochs=1, learning_rate=0.01
    )
    counts = data["tag_counts"]
    matrices = new_matrices(
        parameters, n_rows=int(data["n_words"]), tag_counts=counts, n_documents=n_posts, row_weights=None
    )
    trainer = tag_trainer(core_model(matrices, parameters), posts, counts, parameters)
    began = time.perf_counter()
    trainer.start()
    trainer.join()
    seconds = time.perf_counter() - began
    print(json.dumps({"posts_per_second": n_posts / seconds, "loss": trainer.progress()[1] / n_posts}))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
