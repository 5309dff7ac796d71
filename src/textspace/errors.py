"""Exceptions that callers may need to tell apart; all others are plain ``ValueError``, ``TypeError`` or ``KeyError``.

::

    Exception
     +-- TextspaceError
          +-- FormatError             (also ValueError)                  a file is damaged, or of an unknown format
          +-- MissingPackageError     (also ImportError)                 an extra that is not installed is needed
          +-- NotFittedError          (also ValueError, AttributeError)  a model is used before it was trained
          +-- TrainingDivergedError   (also ArithmeticError)             training produced a NaN or an infinity
"""


class TextspaceError(Exception):
    """Base of the exceptions of this package."""


class FormatError(TextspaceError, ValueError):
    """A file is truncated, damaged, or of a format or version that cannot be read; the message names the field."""


class MissingPackageError(TextspaceError, ImportError):
    """A package is needed that a plain installation does not have; the message says how to install it."""


class NotFittedError(TextspaceError, ValueError, AttributeError):
    """A method that needs a trained model was called before `fit`."""


class TrainingDivergedError(TextspaceError, ArithmeticError):
    """Training produced values that are not finite; the model was left as it was before."""
