"""``python -m kgrec``."""

from kgrec.serving.cli import main

main()
