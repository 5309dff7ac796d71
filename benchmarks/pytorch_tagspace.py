"""The paper's network in PyTorch, written for the benchmark alone: trains on encoded posts and prints its speed.

What it does as well as PyTorch can: the convolution is one matrix product, the maximum is taken before the tanh, rows
are looked up and updated sparsely, the search for a violator is one block over the batch, texts of a batch are of
similar length.
"""

import json
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional

WIDTH, N_FILTERS, MARGIN, N_DRAWS = 5, 1000, 0.1, 1000


class Network(nn.Module):  # type: ignore[misc]
    """Words, convolution, tanh, maximum over time, tanh, linear; a table of tags."""

    def __init__(self, n_words: int, n_tags: int, dim: int) -> None:
        super().__init__()
        self.words = nn.Embedding(n_words + 1, dim, padding_idx=0, sparse=True)
        self.convolution = nn.Linear(dim * WIDTH, N_FILTERS)  # faster than Conv1d
        self.projection = nn.Linear(N_FILTERS, dim)
        self.tags = nn.Embedding(n_tags, dim, sparse=True)
        nn.init.normal_(self.words.weight, std=0.1)
        nn.init.normal_(self.tags.weight, std=0.1)

    def forward(self, texts: torch.Tensor) -> torch.Tensor:
        """Embed padded texts."""
        rows = functional.pad(self.words(texts), (0, 0, WIDTH // 2, WIDTH // 2))
        windows = self.convolution(rows.unfold(1, WIDTH, 1).flatten(2))
        windows = windows.masked_fill((texts == 0).unsqueeze(2), -torch.inf)
        return self.projection(torch.tanh(torch.tanh(windows.max(dim=1).values)))


def loss_of(network: Network, texts: torch.Tensor, truth: torch.Tensor, positive: torch.Tensor) -> torch.Tensor:
    """The first of 1000 random tags that violates the margin; `truth` (B, L) marks those that must not be drawn."""
    embeddings = network(texts)
    n_texts, n_tags = truth.shape
    with torch.no_grad():
        scores = embeddings @ network.tags.weight.T
        bound = scores.gather(1, positive.unsqueeze(1)) - MARGIN
        draws = torch.randint(n_tags, (n_texts, N_DRAWS))
        violates = (scores > bound).masked_fill_(truth, value=False).gather(1, draws)
        found, first = violates.max(dim=1)
        negative = draws.gather(1, first.unsqueeze(1)).squeeze(1)
    margin = ((network.tags(negative) - network.tags(positive)) * embeddings).sum(dim=1) + MARGIN
    return functional.relu(margin)[found].sum()


def batches(data: dict[str, np.ndarray], size: int, chooser: np.random.Generator) -> list[np.ndarray]:
    """Numbers of posts, those of a batch of similar length, the batches in random order."""
    lengths = np.diff(data["indptr"])
    usable = np.flatnonzero((lengths > 0) & (np.diff(data["tag_indptr"]) > 0))
    order = usable[np.argsort(lengths[usable] + chooser.random(usable.size), kind="stable")]
    groups = [order[begin : begin + size] for begin in range(0, order.size, size)]
    chooser.shuffle(groups)
    return groups


def tensors(
    data: dict[str, np.ndarray], posts: np.ndarray, n_tags: int, chooser: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Padded texts, marks of their tags, and one tag of each."""
    lengths = data["indptr"][posts + 1] - data["indptr"][posts]
    texts = np.zeros((posts.size, lengths.max()), np.int64)
    truth = np.zeros((posts.size, n_tags), np.bool_)
    positive = np.zeros(posts.size, np.int64)
    for i, post in enumerate(posts):
        rows = data["rows"][data["indptr"][post] : data["indptr"][post + 1]]
        texts[i, : rows.size] = rows + 1
        tags = data["tag_ids"][data["tag_indptr"][post] : data["tag_indptr"][post + 1]]
        truth[i, tags] = True
        positive[i] = chooser.choice(tags)
    return torch.from_numpy(texts), torch.from_numpy(truth), torch.from_numpy(positive)


def main(path: str, dim: int, batch_size: int, n_threads: int, n_posts: int) -> None:
    """Train on at least n_posts posts and print posts a second."""
    torch.set_num_threads(n_threads)
    torch.manual_seed(0)
    data = dict(np.load(path))
    n_tags = int(data["n_tags"])
    network = Network(int(data["n_words"]), n_tags, dim)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    chooser = np.random.default_rng(0)
    groups = batches(data, batch_size, chooser)
    done, loss_sum, began = 0, 0.0, time.perf_counter()
    for posts in groups:
        optimizer.zero_grad()
        loss = loss_of(network, *tensors(data, posts, n_tags, chooser))
        loss.backward()
        optimizer.step()
        loss_sum += float(loss.detach())
        done += posts.size
        if done >= n_posts:
            break
    seconds = time.perf_counter() - began
    print(json.dumps({"posts_per_second": done / seconds, "loss": loss_sum / done, "torch": torch.__version__}))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
