"""From a file of texts to the same file with their labels and scores, in bounded memory."""

from textspace.prediction.files.columns import Columns
from textspace.prediction.files.predicting import FORMATS, format_of, predict_file

__all__ = ["FORMATS", "Columns", "format_of", "predict_file"]
