PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
POSTGRES_URL ?= $(or $(DATABASE_URL),postgres://postgres@127.0.0.1:5432/postgres)

TESTING = test test-postgres check races login-timing faults fuzz bench
CHROMIUM ?= /usr/bin/chromium

# Tests ignore a developer's `.env`, use the same keys on both databases, and keep bytecode, which
# saves each of their processes some seconds.
$(TESTING): export ENV_FILE = /dev/null
$(TESTING): export PYTHONDONTWRITEBYTECODE =
$(TESTING): export SECRET_KEY = tests-only-0123456789-0123456789-0123456789-0123456789
$(TESTING): export JWT_SIGNING_KEY = tests-only-9876543210-9876543210-9876543210-9876543210

.PHONY: $(TESTING) run schema client e2e screenshots e2e-better-auth format clean

run: $(VENV)/runtime  ## migrate and serve on http://127.0.0.1:8000
	$(BIN)/python manage.py serve --migrate

test: $(VENV)/runtime  ## run the tests, on SQLite unless DATABASE_URL is set
	$(BIN)/pytest --numprocesses auto

test-postgres: $(VENV)/runtime  ## run the same tests on PostgreSQL
	DATABASE_URL=$(POSTGRES_URL) $(BIN)/pytest --numprocesses auto

check: $(VENV)/dev  ## lint, types, migrations, schema, short fuzzing, deployment settings
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null
	THROTTLE_USER= FUZZ=short $(BIN)/pytest fuzz --quiet
	fuzz/run 10 1
	PUBLIC_URL=https://todo.example ALLOWED_HOSTS=todo.example TRUSTED_PROXIES=1 \
		FRONTEND_URL=https://app.example EMAIL_URL=smtp://mail.example \
		HSTS_INCLUDE_SUBDOMAINS=true HSTS_PRELOAD=true \
		$(BIN)/python manage.py check --deploy --fail-level WARNING

races: export THROTTLE_USER =
races: $(VENV)/runtime  ## 1,000 rounds of each race, on SQLite and on PostgreSQL
	env --unset=DATABASE_URL $(BIN)/python -m faults.races $(ROUNDS)
	DATABASE_URL=$(POSTGRES_URL) $(BIN)/python -m faults.races $(ROUNDS)

login-timing: $(VENV)/runtime  ## compare the login times of known and unknown addresses
	$(BIN)/python benchmarks/login_timing.py

faults: $(VENV)/runtime  ## failures of real components; FAULTS="--short kill outage" for less
	$(BIN)/python -m faults $(FAULTS)

bench: $(VENV)/runtime $(VENV)/peer/ready  ## compare the speed with a peer and an upper limit, and measure growth; needs wrk
	POSTGRES_URL=$(POSTGRES_URL) $(BIN)/python benchmarks/speed.py --peer $(VENV)/peer/bin/python $(ARGS)
	POSTGRES_URL=$(POSTGRES_URL) $(BIN)/python benchmarks/growth.py $(GROWTH)

fuzz: $(VENV)/dev  ## 20,000 requests generated from the schema, and a long run against a model
	fuzz/run 300 1 2 3
	THROTTLE_USER= FUZZ=long $(BIN)/pytest fuzz --quiet
	THROTTLE_USER= FUZZ=long DATABASE_URL=$(POSTGRES_URL) $(BIN)/pytest fuzz --quiet

schema: $(VENV)/runtime  ## write docs/openapi.yml
	ENV_FILE=/dev/null $(BIN)/python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yml

client: $(VENV)/runtime $(VENV)/clients/ready  ## lint the schema, generate clients in TypeScript and Python, use them; needs Node.js 20
	e2e/clients/run $(abspath $(BIN)/python) $(abspath $(VENV)/clients/bin/python)

e2e: $(VENV)/e2e  ## browser tests in Chromium; ARGS="-k admin" selects some
	@test -x $(CHROMIUM) || { echo "make e2e needs Chromium: apt-get install chromium, or CHROMIUM=/path"; exit 1; }
	CHROMIUM=$(CHROMIUM) $(BIN)/pytest -c e2e/pytest.ini e2e --ignore e2e/better_auth $(ARGS)

screenshots: $(VENV)/e2e  ## write the pictures of docs/pages.md
	CHROMIUM=$(CHROMIUM) $(BIN)/pytest -c e2e/pytest.ini e2e/pictures.py

e2e-better-auth: $(VENV)/e2e  ## a front end with Better Auth, in Chromium; needs Node.js 20 and port 3000
	@test -x $(CHROMIUM) || { echo "make $@ needs Chromium: apt-get install chromium, or CHROMIUM=/path"; exit 1; }
	cd e2e/better_auth && npm ci
	CHROMIUM=$(CHROMIUM) $(BIN)/pytest -c e2e/pytest.ini e2e/better_auth $(ARGS)

format: $(VENV)/dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache

$(VENV)/runtime: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.txt
	touch $@

$(VENV)/peer/ready: benchmarks/peer/requirements.txt
	$(PYTHON) -m venv $(VENV)/peer
	$(VENV)/peer/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

$(VENV)/clients/ready: e2e/clients/requirements.txt
	$(PYTHON) -m venv $(VENV)/clients
	$(VENV)/clients/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

$(VENV)/e2e: $(VENV)/runtime e2e/requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement e2e/requirements.txt
	touch $@

$(VENV)/dev: $(VENV)/runtime requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	touch $@
