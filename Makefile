# The whole project by name. `make help` lists the targets; the README gives the plain commands behind them.
#   make reproduce PAPER=kappa                        one paper only
#   make reproduce WORKERS=1                          one stage at a time, instead of one per core
#   make reproduce SCALE=subset DATA_ROOT=/path       real data, capped; SCALE=paper: nothing capped
#   make setup PYTHON=/path/to/python                 another interpreter

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
# The stages of dvc.yaml call `python`: they find that of the environment first.
export PATH := $(CURDIR)/$(BIN):$(PATH)

# constraints.txt was made with 3.11, so that one is tried first.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	$$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11, 4))' 2>/dev/null \
	&& echo $$python && break; done)

.DEFAULT_GOAL := help
.PHONY: help setup reproduce seeds sweep synthesis site course course-grade restore test lint format strip lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup: $(VENV)/.installed ## create .venv and install everything into it

$(VENV)/.installed: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11.4 or later with its venv module is needed and was not found."; exit 1; }
	@echo "Installing into $(VENV) with $(PYTHON): about 2 GB, a few minutes."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[pipeline,course,cluster,dev]'
	@touch $@

reproduce: setup ## from raw data to finished reports, then hold the metrics against the committed ones
ifeq ($(filter-out phantom,$(SCALE)),)
	@test -z '$(DATA_ROOT)' || { echo "DATA_ROOT goes with SCALE=subset or SCALE=paper; the phantom scale reads data/."; exit 1; }
	@$(BIN)/python -m segloss guard --before-pull
	$(BIN)/dvc pull data.dvc
	$(BIN)/python -m segloss grid $(if $(PAPER),--paper $(PAPER)) $(if $(WORKERS),--workers $(WORKERS))
ifdef PAPER
	$(BIN)/dvc repro --single-item site
endif
else
	$(BIN)/python -m segloss scale $(SCALE) $(if $(DATA_ROOT),--data-root '$(DATA_ROOT)') $(if $(PAPER),--paper $(PAPER)) $(if $(WORKERS),--workers $(WORKERS))
endif
	@$(BIN)/python -m segloss compare $(or $(SCALE),phantom)
	@echo "The report: $(CURDIR)/reports/site/$(if $(PAPER),$(or $(SCALE),phantom)/$(PAPER),index).html"
	@echo "If git shows changes now, make restore brings the committed reports and dvc.lock back."

# The seed that the protocols name is the ordinary run, which `dvc repro` trains; DATASETS=isles2018,wmh2017 takes some only.
seeds: setup ## train a paper with several seeds (PAPER=boundary SEEDS=3); their spread goes into its report
	@test -n '$(PAPER)' || { echo "Name the paper: make seeds PAPER=boundary SEEDS=3"; exit 1; }
	@$(BIN)/python -m segloss guard --before-pull
	$(BIN)/dvc pull data.dvc
	$(BIN)/dvc repro report@$(PAPER)
	$(BIN)/python -m segloss seeds $(PAPER) $(or $(SEEDS),3) $(if $(DATASETS),--datasets $(DATASETS))
	$(BIN)/dvc repro report@$(PAPER)
	$(BIN)/dvc repro --single-item site

sweep: setup ## train the survey's losses at foreground shares from 50 % to 0.1 %, on phantoms; goes into its report
	@$(BIN)/python -m segloss guard --before-pull
	$(BIN)/dvc pull data.dvc
	$(BIN)/python -m segloss sweep
	$(BIN)/dvc repro report@log_cosh_dice
	$(BIN)/dvc repro --single-item site

# SCALE=subset DATA_ROOT=/path takes the real images; some hours.
synthesis: setup ## train every loss under one protocol on many data sets, then execute the pages that read the tables
ifeq ($(filter-out phantom,$(SCALE)),)
	@$(BIN)/python -m segloss guard --before-pull
	$(BIN)/dvc pull data.dvc
	$(BIN)/dvc repro prepare
	$(BIN)/python -m segloss synthesis $(if $(WORKERS),--workers $(WORKERS))
else
	$(BIN)/python -m segloss scale $(SCALE) --synthesis $(if $(DATA_ROOT),--data-root '$(DATA_ROOT)') $(if $(WORKERS),--workers $(WORKERS))
endif
	$(BIN)/dvc repro findings
	$(BIN)/dvc repro --single-item site

site: setup ## serve the reports to this machine's browsers, until Ctrl-C (PORT=8000); builds nothing
	@echo "http://127.0.0.1:$(or $(PORT),8000)/site/index.html"
	@$(BIN)/python -m http.server $(or $(PORT),8000) --bind 127.0.0.1 --directory reports

course: setup ## write the assignments for students and their executed solutions into build/course
	$(BIN)/python -m segloss course $(if $(WORKERS),--workers $(WORKERS))

course-grade: setup ## grade SUBMISSIONS=folder with <student>/<assignment>/<assignment>.ipynb; marks lie in folder-graded
	@test -n '$(SUBMISSIONS)' || { echo "Name the folder: make course-grade SUBMISSIONS=/path/to/submissions"; exit 1; }
	$(BIN)/python -m segloss course-grade '$(SUBMISSIONS)' $(if $(WORKERS),--workers $(WORKERS))

restore: ## bring the committed reports back
	git restore --source=HEAD --staged --worktree -- reports dvc.lock

test: setup ## run the tests, a small run of the whole pipeline included
	$(BIN)/python -m pytest

lint: setup ## check style, types and unsafe calls
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive src
	$(BIN)/nbstripout --verify $(STRIPPED)

format: setup ## mend what ruff can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

STRIPPED = --keep-id --extra-keys 'metadata.papermill cell.metadata.papermill cell.metadata.execution' notebooks/*.ipynb coursework/*/*.ipynb
strip: setup ## take outputs and execution counts out of the source notebooks
	$(BIN)/nbstripout $(STRIPPED)

lock: ## write constraints.txt anew, from the latest versions that pyproject.toml allows
	rm -rf build/lock
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet -e '.[pipeline,course,cluster,dev]'
	{ head -n 1 constraints.txt; build/lock/bin/python -m pip freeze --exclude-editable | sed 's/+[a-z0-9.]*$$//'; } > build/constraints.txt
	mv build/constraints.txt constraints.txt
	rm -rf build/lock

clean: ## remove build/ (intermediate results; DVC's cache keeps finished ones) and stale worktrees
	rm -rf build
	git worktree prune
