"""Explorers: one formula each, to be moved by hand (floor 5). Only the one that is asked for is imported."""

from importlib import import_module
from typing import Any

_MODULES = {
    "softmax_explorer": "softmax",
    "attention_table_explorer": "attention_table",
    "scoring_explorer": "scoring",
    "loss_explorer": "losses",
    "descent_explorer": "descent",
    "scaling_explorer": "scaling",
    "plasticity_explorer": "plasticity_rules",
    "attention_field_explorer": "attention_field",
    "threshold_explorer": "threshold",
    "classifier_explorer": "classifier",
    "scene_explorer": "scene",
    "shortcut_explorer": "shortcut",
    "alignment_explorer": "alignment",
    "neurofeedback_explorer": "neurofeedback_loop",
    "trial_explorer": "trial_designer",
    "self_attention_explorer": "self_attention",
    "ledger_explorer": "ledger",
}

__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no explorer {name!r}; it has {', '.join(_MODULES)}.")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
