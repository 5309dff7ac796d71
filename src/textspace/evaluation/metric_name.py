"""Names of figures, as given to the command line, to early stopping and to tuning."""

from __future__ import annotations

from dataclasses import dataclass

from textspace._validation import check_choice, check_float, reject

PER_LABEL = ("precision", "recall", "f1")
AT = ("precision_at_recall", "recall_at_precision")
OVER_ALL = ("macro_precision", "macro_recall", "macro_f1", "accuracy", "top_k_accuracy", "exact_match", "coverage")
LOWER_IS_BETTER = ("log_loss",)


@dataclass(frozen=True, slots=True)
class MetricName:
    """The name of a figure of `Metrics`.

    Attributes
    ----------
    name : str
        An attribute or a method of `Metrics`.
    at : float or None
        The recall of "precision_at_recall", the precision of "recall_at_precision".
    label : str or None
        The label it is the figure of; None: all.

    Examples
    --------
    >>> MetricName.parse("f1")
    MetricName(name='f1', at=None, label=None)
    >>> MetricName.parse("precision_at_recall:0.9:spam")
    MetricName(name='precision_at_recall', at=0.9, label='spam')
    """

    name: str
    at: float | None = None
    label: str | None = None

    @classmethod
    def parse(cls, metric: str) -> MetricName:
        """Read a name.

        Parameters
        ----------
        metric : str
            "accuracy", "top_k_accuracy", "exact_match", "coverage", "log_loss", "macro_precision", "macro_recall",
            "macro_f1"; "precision", "recall", "f1", also of one label: "f1:LABEL"; "precision_at_recall:RECALL" and
            "recall_at_precision:PRECISION", also with ":LABEL" at their end.

        Returns
        -------
        MetricName
            Its parts.

        Raises
        ------
        ValueError
            When there is no such figure, or a part is missing or too many.
        """
        if not isinstance(metric, str):
            raise TypeError(f"`metric` must be the name of a figure, got {metric!r}")
        name, *rest = metric.split(":", 1)
        check_choice("metric", name, (*PER_LABEL, *AT, *OVER_ALL, *LOWER_IS_BETTER))
        if name in PER_LABEL:
            return cls(name, None, rest[0] if rest else None)
        if name in AT:
            return cls(name, *_at_and_label(metric, rest))
        if rest:
            reject("metric", f"be {name!r} without more: it is a figure of all labels", metric)
        return cls(name)

    @property
    def greater_is_better(self) -> bool:
        """Whether a greater figure is a better one.

        Returns
        -------
        bool
            False for the log loss.
        """
        return self.name not in LOWER_IS_BETTER


def _at_and_label(metric: str, rest: list[str]) -> tuple[float, str | None]:
    at, *label = rest[0].split(":", 1) if rest else [""]
    try:
        number = float(at)
    except ValueError:
        reject("metric", f"say at which share, as {metric.split(':', maxsplit=1)[0]}:0.9", metric)
    return check_float("metric", number, at_least=0, at_most=1), label[0] if label else None
