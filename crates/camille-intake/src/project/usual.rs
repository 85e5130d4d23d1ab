//! What directories and files are usually called: what tools make, what is a project's own, what is others' work. Names
//! show nothing for sure; they count where nothing is there any more to look at.

/// Directories in which nothing but package managers writes.
const PACKAGES: &[&str] =
    &["node_modules", "__pycache__", ".venv", "venv", "Pods", "bower_components"];

/// Other directories that tools make and remove, with nothing in them but what they made or are told.
const BUILT: [&str; 47] = [
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".tox",
    ".turbo",
    ".next",
    ".nuxt",
    ".svelte-kit",
    ".terraform",
    ".dart_tool",
    ".direnv",
    ".claude",
    ".codex",
    ".cursor",
    ".devcontainer",
    ".github",
    ".husky",
    ".idea",
    ".vscode",
    ".angular",
    ".astro",
    ".aws-sam",
    ".build",
    ".bundle",
    ".cargo",
    ".circleci",
    ".eggs",
    ".entire",
    ".expo",
    ".netlify",
    ".nyc_output",
    ".output",
    ".parcel-cache",
    ".playwright-mcp",
    ".serena",
    ".serverless",
    ".specstory",
    ".superpowers",
    ".swc",
    ".vercel",
    ".vite",
    ".wrangler",
    "DerivedData",
    "htmlcov",
    "playwright-report",
    "storybook-static",
    "test-results",
];

/// Files whose names have no ending.
const FILES: [&str; 25] = [
    ".dockerignore",
    ".editorconfig",
    ".env",
    ".envrc",
    ".eslintrc",
    ".flake8",
    ".gitattributes",
    ".gitignore",
    ".npmrc",
    ".nvmrc",
    ".prettierrc",
    ".python-version",
    ".tool-versions",
    "CODEOWNERS",
    "Dockerfile",
    "Gemfile",
    "Jenkinsfile",
    "Justfile",
    "LICENSE",
    "Makefile",
    "Procfile",
    "README",
    "Rakefile",
    "Vagrantfile",
    "justfile",
];

/// Directories that tools make, and that people put other things into: what tools are known to make in them.
const OUTPUTS: [(&str, &[&str]); 12] = [
    (
        "target",
        &[
            "aarch64-*",
            "classes",
            "criterion",
            "debug",
            "doc",
            "generated-*",
            "maven-*",
            "nextest",
            "package",
            "release",
            "site",
            "surefire-reports",
            "test-classes",
            "tmp",
            "wasm32-*",
            "x86_64-*",
        ],
    ),
    (
        "build",
        &[
            "assets",
            "bin",
            "classes",
            "css",
            "dist",
            "generated",
            "intermediates",
            "js",
            "kotlin",
            "lib",
            "lib.*",
            "libs",
            "media",
            "outputs",
            "reports",
            "src",
            "static",
            "temp.*",
            "tmp",
            "CMakeFiles",
            "_deps",
        ],
    ),
    ("dist", &["assets", "chunks", "cjs", "css", "esm", "js", "lib", "src", "static", "types"]),
    ("coverage", &["lcov-report", "tmp"]),
    ("bin", &["Debug", "Release"]),
    ("log", &[]),
    ("logs", &[]),
    ("obj", &["Debug", "Release"]),
    ("out", &["assets", "css", "js", "production", "static", "test"]),
    ("tmp", &["cache", "pids"]),
    (".gradle", &["*"]),
    ("_build", &["default", "dev", "html", "prod", "test"]),
];

/// Directories in a repository that people put others' work into.
const OTHERS: [&str; 15] = [
    "vendor",
    "third_party",
    "third-party",
    "external",
    "externals",
    "extern",
    "deps",
    "submodules",
    "modules",
    "repo",
    "repos",
    "repositories",
    "tmp",
    "temp",
    "scratch",
];

/// Directories in the root of a project that hold what is the project's, and that nobody calls a repository so: its code,
/// its tests, and what its tools put out.
const LAYOUT: &[&str] = &[
    "src",
    "test",
    "tests",
    "__tests__",
    "spec",
    "specs",
    "e2e",
    "cypress",
    "playwright",
    "testdata",
    "fixtures",
    "mocks",
    "__mocks__",
    "__fixtures__",
    "snapshots",
    "__snapshots__",
    "bin",
    "bench",
    "benches",
    "benchmarks",
    "examples",
    "scripts",
    "migrations",
    "generated",
    "__generated__",
    "gen",
    "report",
    "reports",
    "result",
    "results",
    "run",
    "runs",
    "output",
    "outputs",
    "artifacts",
    "screenshots",
    "checkpoints",
    "mlruns",
    "wandb",
    "lightning_logs",
    "public",
    "static",
    "assets",
    "locales",
    "cmd",
    "pkg",
    "internal",
    "data",
    "dataset",
    "datasets",
    "experiment",
    "experiments",
    "eval",
    "evals",
    "evaluation",
    "evaluations",
    "model",
    "models",
    "ckpt",
    "plots",
    "figures",
    "charts",
    "metrics",
    "predictions",
    "traces",
    "profiles",
    "samples",
];

/// What tools are run for, and what they put out: `eval-results`, `train_logs`.
const RUNS: &[&str] = &[
    "eval",
    "evals",
    "evaluation",
    "test",
    "tests",
    "e2e",
    "bench",
    "benchmark",
    "benchmarks",
    "train",
    "training",
    "experiment",
    "experiments",
    "perf",
    "load",
    "lint",
    "coverage",
    "sim",
    "simulation",
    "debug",
    "build",
    "run",
    "model",
    "sweep",
    "search",
];
const PUT_OUT: &[&str] = &[
    "result",
    "results",
    "output",
    "outputs",
    "out",
    "report",
    "reports",
    "log",
    "logs",
    "runs",
    "artifacts",
    "metrics",
    "plots",
    "figures",
    "data",
    "screenshots",
];

/// Whether nothing but a package manager writes in directories of this name.
pub(super) fn is_packages(name: &str) -> bool {
    PACKAGES.contains(&name)
}

/// Whether a name is a file's, rather than a directory's.
pub(super) fn is_file(name: &str) -> bool {
    name.trim_start_matches('.').contains('.') || FILES.contains(&name) || is_title(name)
}

/// Whether what lies below a directory of this name, or the directory itself, is made by tools.
pub(super) fn is_made(directory: &str, rest: &[String]) -> bool {
    PACKAGES.contains(&directory) || BUILT.contains(&directory) || is_output(directory, rest)
}

/// Whether people put others' work into a directory of this name.
pub(super) fn is_others(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    OTHERS.contains(&name.as_str()) || name.contains("clone")
}

/// Whether a directory of this name in a project's root holds what is the project's.
pub(super) fn is_layout(name: &str) -> bool {
    let is_put_out = |(run, out): (&str, &str)| RUNS.contains(&run) && PUT_OUT.contains(&out);
    LAYOUT.contains(&name) || name.split_once(['-', '_']).is_some_and(is_put_out)
}

/// `TODO`, `CHANGES`: people write the names of texts so.
fn is_title(name: &str) -> bool {
    name.len() > 2 && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

/// Whether something below a directory that tools make is what they make there: a file right in it, or something in a
/// directory with a name of theirs.
fn is_output(directory: &str, rest: &[String]) -> bool {
    let Some((_, made)) = OUTPUTS.iter().find(|(name, _)| *name == directory) else { return false };
    let is_made = |name: &str| {
        made.iter().any(|made| match made.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => name == *made,
        })
    };
    match rest {
        [] => true,
        [name] => is_made(name) || name.trim_start_matches('.').contains('.'),
        [first, ..] => is_made(first),
    }
}
