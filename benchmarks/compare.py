"""Measure textspace beside its peers and write RESULTS.md: all sections, or those that are named."""

import argparse
import importlib

from machine import conditions
from report import write_report
from results import SCALES, store

SECTIONS = [
    "speed_vectors", "whole_command", "quality", "encode", "linearity", "open_model", "import_time", "interop",
    "train_classifier", "accuracy_classifier", "predict_classifier", "interop_classifier", "linearity_documents",
    "tagspace_speed", "tags", "tags_ranking", "tags_scale",
]  # fmt: skip


def main() -> None:
    """Run the sections one after another; each is stored when it is done: an interrupted run keeps them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", choices=[[], *SECTIONS], help="default: all")
    parser.add_argument("--scale", choices=SCALES, default="standard")
    arguments = parser.parse_args()
    scale = SCALES[arguments.scale]
    for name in arguments.sections or SECTIONS:
        print(f"== {name}", flush=True)
        section = importlib.import_module(name).measure(scale)
        store(name, section, conditions(scale.name))
        for bar in section.bars:
            print(f"  {'met   ' if bar.met else 'NOT MET'} {bar.what}: {bar.measured} ({bar.required})", flush=True)
    print(f"written: {write_report(SECTIONS)}")


if __name__ == "__main__":
    main()
