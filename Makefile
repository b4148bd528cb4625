# make demo   run the workflow on the bundled demo samples
# make test   run all tests
# make lint   check style, types and the workflow
# make clean  remove what demo and tests have made (not .venv)
# make docs   write the generated tables of docs/ and the report's schema anew
# make lock   newer dependencies, locked and proved (needs uv)

CORES ?= 2
VENV := .venv
PYTHON_BIN := $(VENV)/bin/python
export PYTHONPATH := $(CURDIR)/workflow/scripts
# Set where containers are built; without byte code every start is slow.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint docs clean lock

demo: demo/config.yaml
	@$(PYTHON_BIN) -m snakemake --configfile demo/config.yaml --cores $(CORES) --directory demo
	@echo "What is in the demo samples: demo/truth.tsv"

demo/config.yaml: $(wildcard resources/demo/* workflow/scripts/alktrace/simulate/*.py) | $(VENV)/runtime.stamp
	@$(PYTHON_BIN) -m alktrace.simulate demo --out demo

test: $(VENV)/dev.stamp
	@$(PYTHON_BIN) -m pytest -n $(CORES) --dist loadfile

lint: $(VENV)/dev.stamp demo/config.yaml
	$(PYTHON_BIN) -m ruff check .
	$(PYTHON_BIN) -m ruff format --check .
	$(VENV)/bin/snakefmt --check Snakefile workflow/Snakefile workflow/rules
	$(PYTHON_BIN) docs/generate.py --check
	$(PYTHON_BIN) .ci/check_envs.py
	$(PYTHON_BIN) -m mypy
	$(VENV)/bin/lint-imports
	$(PYTHON_BIN) -m alktrace.model.schema | diff - workflow/schemas/report.schema.json
	$(PYTHON_BIN) -m alktrace.model.schema combined | diff - workflow/schemas/combined.schema.json
	$(PYTHON_BIN) -m snakemake --configfile demo/config.yaml --directory demo --lint

docs: $(VENV)/dev.stamp
	$(PYTHON_BIN) docs/generate.py
	$(PYTHON_BIN) -m alktrace.model.schema >workflow/schemas/report.schema.json
	$(PYTHON_BIN) -m alktrace.model.schema combined >workflow/schemas/combined.schema.json

clean:
	rm -rf demo .pytest_cache .mypy_cache .ruff_cache .hypothesis .snakemake
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

# Newer versions, the table of them in docs/, and the proof: demo, lint and tests in a new environment.
LOCKED := requirements requirements-dev requirements-pdf requirements-slurm
lock:
	for name in $(LOCKED); do \
	    uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	        $$name.in -o $$name.lock || exit 1; \
	done
	rm -rf $(VENV)-lock
	$(MAKE) VENV=$(VENV)-lock $(VENV)-lock/dev.stamp
	$(VENV)-lock/bin/python docs/generate.py
	$(MAKE) VENV=$(VENV)-lock lint demo test
	rm -rf $(VENV)-lock

$(VENV)/created.stamp:
	@sh .ci/make_venv $(VENV)
	@touch $@

$(VENV)/runtime.stamp: requirements.lock | $(VENV)/created.stamp
	@echo "Installing the locked dependencies into $(VENV)"
	@$(PYTHON_BIN) -m pip install --quiet --disable-pip-version-check --use-pep517 --require-hashes -r requirements.lock
	@echo $(CURDIR)/workflow/scripts >"$$($(PYTHON_BIN) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/alktrace.pth"
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock requirements-hgvs.lock requirements-pdf.lock requirements-slurm.lock $(VENV)/runtime.stamp
	@echo "Installing the locked test tools into $(VENV)"
	@$(PYTHON_BIN) -m pip install --quiet --disable-pip-version-check --use-pep517 --require-hashes -r requirements-dev.lock
	@$(PYTHON_BIN) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-hgvs.lock
	@$(PYTHON_BIN) -m pip install --quiet --disable-pip-version-check --use-pep517 --require-hashes -r requirements-pdf.lock
	@$(PYTHON_BIN) -m pip install --quiet --disable-pip-version-check --use-pep517 --require-hashes -r requirements-slurm.lock
	@touch $@
