"""Models in less memory: rows that matter least are left out, and the others quantized."""

from textspace.quantization.matrices import METHODS, Method, quantize_matrix
from textspace.quantization.models import quantize_classifier, quantize_vectors
from textspace.quantization.pruning import prune_classifier

__all__ = ["METHODS", "Method", "prune_classifier", "quantize_classifier", "quantize_matrix", "quantize_vectors"]
