"""Run the command line with ``python -m textspace``."""

from textspace.cli import main

if __name__ == "__main__":
    main()
