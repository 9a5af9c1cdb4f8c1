# One command opens the course (make lab), one checks a change (make test); the others are for authors.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python -m
ARGS ?=

# Each worker takes whole files, for the cells of a notebook share a kernel, in order: the browser comes last.
# Three of them, also on two cores: a test in the browser waits half of its time.
PYTEST := $(RUN) pytest --numprocesses=3 --dist=loadfile --no-loadscope-reorder

# What lessons with trained results claim of seeds 0 to 4: measured anew, into results/.
SEEDS := $(sort $(basename $(notdir $(wildcard proofs/seeds_*.py))))

.PHONY: lab test test-all notebooks renumber lesson slides slides-live instructors figures lock tamper floors \
    mutants bench bench-explorers bench-training kills ablation curves seeds gpu
.DEFAULT_GOAL := lab

# Installed once; again only when the lock or the project's settings change.
$(VENV)/installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "The course needs Python 3.11 or newer; this is %d.%d. Name another one: make lab PYTHON=python3.12" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)
	$(RUN) pip install --quiet -r requirements.lock
	$(RUN) pip install --quiet --no-deps -e .
	touch $@

# The workshop: what tests and authors need beside it.
$(VENV)/workshop: $(VENV)/installed requirements-dev.lock
	$(RUN) pip install --quiet -r requirements-dev.lock
	touch $@

# Opens the student's copies of the lessons in my-course/, which no update harms.
lab: $(VENV)/installed
	$(RUN) course_utils lab $(ARGS)

# The everyday check, a few minutes; tests that carry the marker `slow` wait for test-all.
test: $(VENV)/workshop
	$(PYTEST) -m "not slow" $(ARGS)

test-all: $(VENV)/workshop
	$(PYTEST) $(ARGS)

# Writes numbers and exercise cells, runs every lesson and stores its outputs: make notebooks ARGS=softmax-attention
notebooks: $(VENV)/workshop
	$(RUN) tools.notebooks $(ARGS)

# Counts the lessons anew by the order of their files, and writes their numbers wherever one stands.
renumber: $(VENV)/workshop
	$(RUN) tools.notebooks --renumber

# Begins a lesson, with everything that belongs to one: make lesson NAME=label-smoothing AFTER=loss-functions
lesson: $(VENV)/workshop
	$(RUN) tools.lesson "$(NAME)" "$(AFTER)"

# Writes one deck a lesson and an index into slides/, to open from disk; slides-live walks all lessons live.
slides: $(VENV)/workshop
	$(RUN) tools.slides $(ARGS)

slides-live: $(VENV)/workshop
	$(RUN) pytest tests/browser/test_slides.py -k "live or moves" --all-lessons $(ARGS)

# Writes a page for each lesson and an index into instructors/, from lessons, exercises and speaker notes.
instructors: $(VENV)/workshop
	$(RUN) tools.instructors $(ARGS)

figures: $(VENV)/workshop
	for script in figures/*.py; do $(BIN)/python $$script || exit 1; done

# Pins every dependency for every platform: for learners, and for those who test and write.
LOCK := $(BIN)/uv pip compile --quiet --universal --no-header --no-annotate --no-emit-index-url pyproject.toml $(ARGS)
lock: $(VENV)/workshop
	$(LOCK) --constraint tools/lock-constraints.txt -o requirements.lock
	$(LOCK) --constraint requirements.lock --all-extras -o requirements-dev.lock

# Changes every compared output of every lesson in a copy and expects exactly those cells to fail.
tamper: $(VENV)/workshop
	$(RUN) pytest tests/lessons/test_tamper.py --all-lessons $(ARGS)

# The rest takes minutes to hours, and writes what it measured into results/.

# What is timed, always beside something else of the same run: explorers in the browser, and training.
bench: bench-explorers bench-training

# Each explorer against plain interact and plt.show: kernel and browser, medians of one run.
bench-explorers: $(VENV)/workshop
	$(RUN) proofs.bench_explorers $(ARGS)

# Our training against three other recipes, pipeline, pooling and scenes; two hours on one core, resumes where it stopped.
# What is stored is not measured again: ARGS="--out mine" measures on this machine. The same goes for the ablation.
bench-training: $(VENV)/workshop
	$(RUN) proofs.bench_training $(ARGS)

# Kills trainings at 20 random moments and compares what they end with, bit for bit.
kills: $(VENV)/workshop
	$(RUN) proofs.kills $(ARGS)

# The comparison of poolings behind the attention classifier; ends after two hours and resumes where it stopped.
ablation: $(VENV)/workshop
	$(RUN) proofs.ablation $(ARGS)

# Comparisons told as curves, each side tuned at each budget; some hours on one core, resumes where it stopped.
curves: $(VENV)/workshop
	for module in dates scenes spotlight augmentation; do $(RUN) proofs.curves_$$module $(ARGS) || exit 1; done

seeds: $(VENV)/workshop
	for module in $(SEEDS); do $(RUN) proofs.$$module || exit 1; done

# Changes every reference answer mechanically and reports which changes the checks reject.
mutants: $(VENV)/workshop
	$(RUN) proofs.mutants $(ARGS)

# Runs the attention classifier and the device checks on CUDA or MPS and writes results/gpu-report.json.
gpu: $(VENV)/workshop
	$(RUN) proofs.gpu $(ARGS)

# The lowest versions that pyproject.toml allows, in an environment of their own: unit tests and two lessons.
floors: $(VENV)/workshop
	$(RUN) proofs.floors $(ARGS)
