# `make demo` and `make test` set up all they need on a fresh machine; `make help` lists the rest.

PYTHON ?= python3
VENV ?= .venv
RUN := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
REMOTE_FILES := configuration_gpt4video.py modeling_gpt4video.py processing_gpt4video.py
CLIP := examples/car_right_to_left_on_white.mp4
DRAW := Please draw a video of an airplane moving upwards on a blue background.

export TOKENIZERS_PARALLELISM ?= false

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow test-doors check format ci benchmark card hub-metadata
.PHONY: evaluate-embedded evaluate-loop evaluate-safety evaluate-guards

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:.*## /: /'

setup: $(INSTALLED) ## make the virtual environment and install the tested versions into it, once

$(INSTALLED): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name it with: make setup PYTHON=python3.11"; exit 1; }
	@echo 'Installing the tested versions into $(VENV): about 6 GB, a few minutes.'
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --requirement requirements.lock
	touch $@

demo: $(INSTALLED) ## show a clip to the model at the root: a description, a follow-up, a request to draw
	printf '%s\n' '/video $(CLIP)' 'Describe the video.' 'What color is the background?' '/reset' '$(DRAW)' | \
		$(RUN) pipeline_gpt4video.py

test: $(INSTALLED) ## run the default tests, on CPU and offline
	OMP_NUM_THREADS=1 $(RUN) -m pytest -n auto

test-slow: $(INSTALLED) ## run the tests marked slow
	OMP_NUM_THREADS=1 $(RUN) -m pytest -n auto -m slow

test-doors: $(INSTALLED) ## run the tests marked doors: servers and other programs on the model at the root
	OMP_NUM_THREADS=1 $(RUN) -m pytest -m doors

check: $(INSTALLED) ## lint, formatting, and the library's own linter on the three remote-code files
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(VENV)/bin/mlinter $(REMOTE_FILES)

format: $(INSTALLED) ## format the code and sort the imports
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

ci: check test test-doors ## what CI runs

evaluate-embedded: $(INSTALLED) ## measure the checkpoint at the root on the test split: reports/embedded.json
	$(RUN) embedded/evaluate.py

evaluate-loop: $(INSTALLED) ## ask for clips, draw them, and measure what is seen in them: reports/closed_loop.json
	$(RUN) embedded/evaluate_loop.py

evaluate-safety: $(INSTALLED) ## measure what it refuses, of what it should and should not: reports/safety.json
	$(RUN) embedded/evaluate_safety.py

evaluate-guards: $(INSTALLED) ## measure what the guards stop, let through and cost: reports/guards.json
	$(RUN) embedded/evaluate_guards.py

benchmark: $(INSTALLED) ## measure speed and memory on an idle machine with 10 GB of free disk: reports/*.json
	@failed=0; for script in benchmarks/*.py; do $(RUN) "$$script" || failed=1; done; exit $$failed

card: $(INSTALLED) ## write the figures of reports/*.json into the front matter of README.md
	$(RUN) embedded/card.py

hub-metadata: ## write anew what the Hub knows of model cards, for the tests; needs npm
	npm install --silent --no-save --prefix build/hub-metadata @huggingface/tasks
	node tests/hub_metadata.mjs build/hub-metadata > build/hub-metadata/new.json
	mv build/hub-metadata/new.json tests/fixtures/hub_metadata.json
