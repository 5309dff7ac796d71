"""The exceptions that callers may want to tell apart; everything else is a ValueError, TypeError or KeyError."""


class TextspaceError(Exception):
    """Base class of the errors below."""


class FormatError(TextspaceError, ValueError):
    """A file is truncated, corrupt or not of a format that is read here."""


class NotFittedError(TextspaceError, ValueError, AttributeError):
    """An estimator was asked for results before it was fitted or loaded."""


class TrainingDivergedError(TextspaceError, ArithmeticError):
    """Training produced a NaN or an infinity."""
