# One command opens the course (make lab), one checks all of it (make test); the others are for authors.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

# What every lesson with trained results claims of seeds 0 to 4: measured anew, into results/.
SEEDS := $(sort $(wildcard tools/seeds_*.py))

.PHONY: lab test notebooks slides slides-live instructors figures lock tamper mutants bench bench-explorers bench-training kills ablation seeds gpu
.DEFAULT_GOAL := lab

# Installed once; again only when the lock or the project's settings change.
$(VENV)/installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "The course needs Python 3.11 or newer; this is %d.%d. Name another one: make lab PYTHON=python3.12" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps -e .
	touch $@

# The whole course is served, so that lessons reach ../figures.
lab: $(VENV)/installed
	$(BIN)/jupyter lab --ServerApp.ip=127.0.0.1 --ServerApp.root_dir="$(CURDIR)" $(ARGS) notebooks/00-start-here.ipynb

# Each worker takes whole files, for the cells of a notebook share a kernel, in order: the browser comes last.
test: $(VENV)/installed
	$(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder $(ARGS)

# Runs every lesson from a fresh kernel and stores its outputs: make notebooks ARGS=01
notebooks: $(VENV)/installed
	$(BIN)/python tools/notebooks.py $(ARGS)

# Writes one deck a lesson and an index into slides/, to open from disk; slides-live walks all lessons live.
slides: $(VENV)/installed
	$(BIN)/python tools/slides.py $(ARGS)

slides-live: $(VENV)/installed
	$(BIN)/python -m pytest tests/browser/test_slides.py -k "live or moves" --all-lessons $(ARGS)

# Writes INSTRUCTORS.md from the lessons, their exercises and the speaker notes.
instructors: $(VENV)/installed
	$(BIN)/python tools/instructors.py $(ARGS)

figures: $(VENV)/installed
	for script in figures/*.py; do $(BIN)/python $$script || exit 1; done

# Pins every dependency for every platform; torch and torchvision are held at a pair that was tested.
lock: $(VENV)/installed
	$(BIN)/uv pip compile --quiet --universal --all-extras --no-header --no-annotate --no-emit-index-url \
	    --constraint tools/lock-constraints.txt pyproject.toml -o requirements.lock $(ARGS)

# Changes every compared output of every lesson in a copy and expects exactly those cells to fail.
tamper: $(VENV)/installed
	$(BIN)/python -m pytest tests/lessons/test_tamper.py --all-lessons $(ARGS)

# What is timed, always beside something else of the same run: explorers in the browser, and training.
bench: bench-explorers bench-training

# Each explorer against plain interact and plt.show: kernel and browser, medians of one run.
bench-explorers: $(VENV)/installed
	$(BIN)/python tools/bench_explorers.py $(ARGS)

# Our training against three other recipes, pipeline, pooling and scenes; two hours on one core, resumes where it stopped.
# What is stored is not measured again: ARGS="--out mine" measures on this machine. The same goes for the ablation.
bench-training: $(VENV)/installed
	$(BIN)/python tools/bench_training.py $(ARGS)

# Kills trainings at 20 random moments and compares what they end with, bit for bit.
kills: $(VENV)/installed
	$(BIN)/python tools/kills.py $(ARGS)

# The fair comparison of poolings behind lesson 12's claim; ends after two hours and resumes where it stopped.
ablation: $(VENV)/installed
	$(BIN)/python tools/ablation.py $(ARGS)

seeds: $(VENV)/installed
	for script in $(SEEDS); do $(BIN)/python $$script || exit 1; done

# Changes every reference answer mechanically and reports which changes the checks reject, in tools/mutants.md.
mutants: $(VENV)/installed
	$(BIN)/python tools/mutants.py $(ARGS)

# Runs lesson 12 and the device checks on CUDA or MPS and writes what it measured to results/gpu-report.json.
gpu: $(VENV)/installed
	$(BIN)/python tools/gpu.py $(ARGS)
