"""What all estimators share: parameters by scikit-learn's conventions, without importing scikit-learn."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self


class Estimator:
    """Base of the estimators: the parameters are what `__init__` takes, stored under the same names, untouched."""

    @classmethod
    def _parameter_defaults(cls) -> dict[str, Any]:
        signature = inspect.signature(cls)
        return {name: parameter.default for name, parameter in signature.parameters.items()}

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002, FBT001, FBT002
        """Return the parameters of this estimator.

        Parameters
        ----------
        deep : bool
            Accepted because scikit-learn passes it; an estimator holds no other estimators.

        Returns
        -------
        dict
            Names and values, as given to the constructor or `set_params`.
        """
        return {name: getattr(self, name) for name in self._parameter_defaults()}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name; they are checked when the model is trained.

        Parameters
        ----------
        **params : object
            Names and new values.

        Returns
        -------
        Estimator
            This estimator.

        Raises
        ------
        ValueError
            When there is no parameter of that name; nothing is set then.
        """
        known = self._parameter_defaults()
        for name in params:
            if name not in known:
                raise ValueError(f"{type(self).__name__} has no parameter {name!r}; it has {', '.join(known)}")
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        defaults = self._parameter_defaults()
        changed = {name: value for name, value in self.get_params().items() if not _same(value, defaults[name])}
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in changed.items())})"


def _same(value: object, default: object) -> bool:
    # The types are compared as well: 1 == True, and arrays compare element by element.
    return value is default or (type(value) is type(default) and repr(value) == repr(default))
