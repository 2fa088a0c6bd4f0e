# Every target that needs it first makes the environment .venv. Without make: README.md.
PYTHON ?= python3
INDEX ?=
COURSE ?= course
OPTIONS ?=
SEED ?= 0
ITEMS ?=
BIN := .venv/bin
INSTALL = $(PYTHON) tools/install.py
PIP = $(if $(INDEX),--extra-index-url $(INDEX))

.PHONY: lab test site slides answers quick notebooks reruns evidence faults mutants kills exam gift room class grading nbgrader otter lint train bench lock clean learner reader tester developer

lab: learner  ## open your copy of the course in JupyterLab
	$(BIN)/python -m dqn_tutorial course $(COURSE) -- $(OPTIONS)

test: tester  ## run the tests and every notebook
	$(BIN)/python -m pytest

site: reader  ## build the course as web pages in site/, which open without a server
	$(BIN)/python -m tools.site.build

slides: reader  ## a deck of slides for each sitting, in slides/, without a network
	$(BIN)/python -m tools.slides

answers: learner  ## compute what the small labs answer in the web pages, some minutes
	OMP_NUM_THREADS=1 $(BIN)/python -m tools.site.small_labs

quick: tester  ## the tests that find most faults, in some two minutes
	$(BIN)/python -m pytest tests $(foreach f,accessibility answers browser* site front_ends lab* live* small_labs* sweep* clinic* course hosted reruns,--ignore-glob='*/test_$(f)')

notebooks: developer  ## execute every notebook again and keep its outputs
	$(BIN)/python tools/execute_notebooks.py

reruns: developer  ## run every cell twice, and with all answers right and wrong, some half an hour
	$(BIN)/python tools/rerun_notebooks.py

evidence: developer  ## measure every claim of the course again, on other seeds
	$(BIN)/python -m tools.evidence

faults: tester  ## train in 10,000 random settings and 500 environments, some 20 minutes
	OMP_NUM_THREADS=1 $(BIN)/python -m tools.search_faults

mutants: developer  ## change the algorithm in 400 small ways, and list what no test noticed
	OMP_NUM_THREADS=1 $(BIN)/python tools/mutate.py --out benchmarks/results/mutants.txt

kills: developer  ## kill runs and sweeps at random moments, and compare, half an hour
	$(BIN)/python tools/kill_runs.py --out runs/kills

exam: reader  ## a sheet and its key: make exam SEED=7 ITEMS="exam_ring exam_cliff"
	$(BIN)/python -m tools.exam "$(SEED)" $(ITEMS)

gift: reader  ## the questions that a program can mark, for learning platforms
	$(BIN)/python -m tools.gift

room: learner  ## measure how many learners this machine holds, some five minutes
	$(BIN)/python -m tools.room

lint: developer  ## format, lint and type-check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --strict benchmarks/*.py

train: learner  ## train a CartPole agent on the command line
	$(BIN)/python -m dqn_tutorial --model.name dqn --env.name cartpole --training.max-steps 50_000 --progress --seed $(SEED)

bench: developer  ## a short comparison with other libraries and the growth of the cost, some minutes
	$(BIN)/python -m pip install --quiet --requirement benchmarks/requirements.txt
	$(BIN)/python benchmarks/cartpole.py --quick --out benchmarks/quick
	$(BIN)/python benchmarks/growth.py --quick --out benchmarks/quick

class: learner  ## the notebooks for students, without solutions, and for their teacher
	$(BIN)/python -m tools.class_kit class

grading: tester  ## grade 40 submissions, 15 of them hostile, some 10 minutes
	GRADE_ALL=1 $(BIN)/python -m pytest -n0 tests/test_grading.py

nbgrader: learner  ## the exercises as assignments of nbgrader
	$(BIN)/python -m tools.exports nbgrader --seed $(SEED)

otter: learner  ## the exercises as assignments of otter-grader
	$(BIN)/python -m tools.exports otter --seed $(SEED)

lock: developer  ## choose the versions of constraints.txt anew
	: > constraints.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --no-annotate --no-header \
	  --no-emit-package dqn-tutorial --output-file constraints.txt requirements-dev.txt requirements-box2d.txt

learner:
	@$(INSTALL) requirements.txt $(PIP)

reader:
	@$(INSTALL) requirements-site.txt $(PIP)

tester:
	@$(INSTALL) requirements-test.txt $(PIP)

developer:
	@$(INSTALL) requirements-dev.txt $(PIP)

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache
