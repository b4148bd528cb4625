# make demo   run the workflow on the bundled demo samples
# make test   run all tests
# make lint   check style, types and the workflow
# make clean  remove what demo and tests have made (not .venv)
# make lock   lock the dependencies anew (needs uv)

CORES ?= 2
VENV := .venv
PYTHON_BIN := $(VENV)/bin/python
export PYTHONPATH := $(CURDIR)/workflow/scripts
# Set where containers are built; without byte code every start is slow.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint clean lock

demo: demo/config.yaml
	@$(PYTHON_BIN) -m snakemake --configfile demo/config.yaml --cores $(CORES) --directory demo --quiet rules
	@echo "Reports of the demo samples (what is in them: demo/truth.tsv):"
	@ls demo/results/cohort/index.html demo/results/*/report.html

demo/config.yaml: $(wildcard resources/demo/* workflow/scripts/alktrace/simulate/*.py) | $(VENV)/runtime.stamp
	@$(PYTHON_BIN) -m alktrace.simulate demo --out demo

test: $(VENV)/dev.stamp
	@$(PYTHON_BIN) -m pytest -n $(CORES) --dist loadfile

lint: $(VENV)/dev.stamp demo/config.yaml
	$(PYTHON_BIN) -m ruff check .
	$(PYTHON_BIN) -m ruff format --check .
	$(VENV)/bin/snakefmt --check Snakefile workflow/rules
	$(PYTHON_BIN) -m mypy
	$(PYTHON_BIN) -m snakemake --configfile demo/config.yaml --directory demo --lint

clean:
	rm -rf demo .pytest_cache .mypy_cache .ruff_cache .hypothesis .snakemake
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    requirements.in -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    requirements-dev.in -o requirements-dev.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    requirements-pdf.in -o requirements-pdf.lock

$(VENV)/created.stamp:
	@sh .ci/make_venv $(VENV)
	@touch $@

$(VENV)/runtime.stamp: requirements.lock | $(VENV)/created.stamp
	@echo "Installing the locked dependencies into $(VENV)"
	@$(PYTHON_BIN) -m pip install --quiet --disable-pip-version-check --use-pep517 --require-hashes -r requirements.lock
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock requirements-hgvs.lock requirements-pdf.lock $(VENV)/runtime.stamp
	@echo "Installing the locked test tools into $(VENV)"
	@$(PYTHON_BIN) -m pip install --quiet --disable-pip-version-check --use-pep517 --require-hashes -r requirements-dev.lock
	@$(PYTHON_BIN) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-hgvs.lock
	@$(PYTHON_BIN) -m pip install --quiet --disable-pip-version-check --use-pep517 --require-hashes -r requirements-pdf.lock
	@touch $@
