# Every target makes its own virtual environment in .venv first. The same in plain pip stands in the README.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
SEED ?= 0
OPTIONS ?=

.PHONY: lab test notebooks evidence lint train bench clean

lab: $(READY)  ## open the course in JupyterLab
	$(BIN)/jupyter lab --ServerApp.ip=127.0.0.1 --ServerApp.allow_remote_access=False \
	  --ServerApp.disable_check_xsrf=False $(if $(filter 0,$(shell id -u)),--allow-root) $(OPTIONS) \
	  notebooks/00_start_here.ipynb

test: $(READY)  ## run the tests and every notebook
	$(BIN)/python -m pytest

notebooks: $(READY)  ## execute every notebook again and keep its outputs
	$(BIN)/python tools/execute_notebooks.py

evidence: $(READY)  ## measure every claim of the course again, on other seeds
	$(BIN)/python tools/evidence.py

lint: $(READY)  ## format, lint and type-check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --strict benchmarks/*.py

train: $(READY)  ## train a CartPole agent on the command line
	$(BIN)/python -m dqn_tutorial --model.name dqn --env.name cartpole --training.max-steps 50_000 --progress --seed $(SEED)

bench: $(READY)  ## a short comparison with other libraries and the growth of the cost, some minutes
	$(BIN)/python -m pip install --quiet --requirement benchmarks/requirements.txt
	$(BIN)/python benchmarks/cartpole.py --quick --out benchmarks/quick
	$(BIN)/python benchmarks/growth.py --quick --out benchmarks/quick

$(READY): requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	touch $(READY)

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache
