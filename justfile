# The daily commands; `just` lists them. CONTRIBUTING.md explains them.

_list:
    @just --list --unsorted

# Formatting, clippy and rustdoc, without warnings
check:
    cargo fmt --check
    cargo clippy --locked --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps

# Tests, without installing anything: just test [FILTER]
test *FILTER:
    cargo test --locked {{ FILTER }}

# Install the judges on Debian, and run all tests
judges *ARGUMENTS:
    tests/run.sh {{ ARGUMENTS }}

# Renew expected files, the schema and completions; read the diff before you commit it
bless:
    PKICTL_BLESS=1 cargo test --locked --test integration -- emitters:: drafts:: completions::
    git diff --stat

# Run fuzz targets: just fuzz SECONDS [TARGET...]
fuzz SECONDS *TARGETS:
    fuzz/run.sh {{ SECONDS }} {{ TARGETS }}

# Run mutation tests of the areas that .cargo/mutants.toml names; arguments go to cargo-mutants
mutants *ARGUMENTS:
    cargo mutants {{ ARGUMENTS }}

# Compare speed with mkcert and openssl
bench:
    benches/compare.sh
    benches/scale.sh

# Build and open the documentation
docs:
    cargo doc --locked --no-deps --open

# What CI runs
ci:
    .ci/run
