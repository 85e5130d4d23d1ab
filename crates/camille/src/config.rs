//! What camille is told: defaults, then `config.toml`, then the environment, then flags, resolved once
//! into plain values.
//!
//! The only file that reads the environment. It never writes; `config::edit` does.

pub(crate) mod edit;
pub(crate) mod key;
mod kind;
pub(crate) mod socket;
pub(crate) mod value;

use crate::failure::Failure;
use camille_node::settings::{AuditQuery, Settings};
use key::{KEYS, Key, Preset};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;
use value::Value;

/// The variables camille looks at, besides `CAMILLE_<SECTION>_<KEY>`, with what they are for.
pub(crate) const VARIABLES: &[(&str, &str)] = &[
    ("CAMILLE_HOME", "camille's own directory; default `~/.camille`"),
    (
        "CAMILLE_LOG",
        "what is logged, such as `debug` or `camille_node=trace`; default `info` for `camille up` and `warn` \
         for commands, in logs/camille.log; where it is set, commands log to standard error",
    ),
    ("HOME", "where `.camille`, `.claude` and `.codex` are looked for"),
    ("CLAUDE_CONFIG_DIR", "Claude Code's directory; default `~/.claude`"),
    ("CODEX_HOME", "Codex's directory; default `~/.codex`"),
    (
        "XDG_RUNTIME_DIR",
        "where the socket goes when its path in camille's home would be too long, if nobody else can write there",
    ),
    ("USER, LOGNAME", "your login name"),
    ("NO_COLOR", "set to anything: no colours"),
    ("TERM", "`dumb`: no colours, no progress bars"),
    ("COLUMNS", "how wide tables are where the output goes to no terminal; default 80"),
];

/// The environment, read once.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    variables: BTreeMap<String, OsString>,
}

impl Environment {
    /// The environment of this process.
    pub(crate) fn load() -> Self {
        let variables = std::env::vars_os();
        Self {
            variables: variables
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
                .collect(),
        }
    }

    /// The variable's value; an empty one counts as unset.
    fn value(&self, name: &str) -> Option<&OsString> {
        self.variables.get(name).filter(|value| !value.is_empty())
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        self.value(name).map(PathBuf::from)
    }

    fn text(&self, name: &str) -> Option<String> {
        self.value(name)?.to_str().map(str::to_owned)
    }

    /// Whether the variable says something.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// Whether colours and moving things are unwelcome.
    pub(crate) fn plain(&self) -> bool {
        self.value("NO_COLOR").is_some() || self.dumb()
    }

    /// How wide lines are to be where no terminal says it.
    pub(crate) fn columns(&self) -> Option<usize> {
        self.text("COLUMNS")?.parse().ok()
    }

    /// Whether the terminal cannot go back over what it wrote.
    pub(crate) fn dumb(&self) -> bool {
        self.value("TERM").is_some_and(|term| term == "dumb")
    }

    /// What is to be logged, if anyone said so.
    pub(crate) fn log_filter(&self) -> Option<String> {
        self.text("CAMILLE_LOG")
    }

    fn user_home(&self) -> Option<PathBuf> {
        self.path("HOME")
    }

    fn user(&self) -> Option<String> {
        self.text("USER").or_else(|| self.text("LOGNAME"))
    }
}

/// What was said on the command line, for every command alike.
#[derive(Debug, Default)]
pub(crate) struct Flags {
    /// `--home`.
    pub(crate) home: Option<PathBuf>,
    /// `--set KEY=VALUE`, and the flags of commands that stand for a key.
    pub(crate) set: Vec<(String, String)>,
}

/// Who decided a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nobody.
    Default,
    /// `config.toml`.
    File,
    /// This variable.
    Variable(String),
    /// The command line.
    Flag,
}

/// A key with its value.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The key.
    pub(crate) key: &'static Key,
    /// Its value; absent: nothing is set and the default is found out when needed.
    pub(crate) value: Option<Value>,
    /// Who decided it.
    pub(crate) origin: Origin,
}

/// Everything that was said, resolved.
#[derive(Debug)]
pub(crate) struct Config {
    /// camille's own directory.
    pub(crate) home: PathBuf,
    /// What named it: an option or a variable. `None`: it is where it is by default.
    home_named_by: Option<&'static str>,
    /// Every key, in the order of the table.
    pub(crate) entries: Vec<Entry>,
    settings: Settings,
}

impl Config {
    /// Resolves the four layers. Reads `config.toml`, if there is one.
    ///
    /// # Errors
    /// No home, an unreadable file, an unknown key or a value that its key does not take.
    pub(crate) fn load(environment: &Environment, flags: &Flags) -> Result<Self, Failure> {
        let home = home(environment, flags)?;
        let file = file_path(&home);
        let mut layers = vec![(Origin::File, load_file(&file)?)];
        layers.extend(parse_variables(environment)?);
        layers.push((Origin::Flag, parse_flags(&flags.set)?));

        let mut entries = KEYS.iter().map(preset).collect::<Vec<_>>();
        for (origin, values) in layers {
            for (key, value) in values {
                if let Some(entry) = entries.iter_mut().find(|entry| entry.key == key) {
                    entry.value = Some(value);
                    entry.origin = origin.clone();
                }
            }
        }
        let settings = settings(&home, &entries, environment);
        let home_named_by = match flags.home {
            Some(_) => Some("--home"),
            None => environment.path("CAMILLE_HOME").map(|_| "CAMILLE_HOME"),
        };
        let mut config = Self { home, home_named_by, entries, settings };
        // It widens what others read: who writes a command or its environment must not.
        if let Some(Value::Texts(places)) = config.in_file(key::HARMLESS).cloned() {
            config.settings.sharing.harmless = places;
        }
        Ok(config)
    }

    /// What the node is told.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What named the home: an option or a variable. `None`: it is where it is by default.
    pub(crate) const fn home_named_by(&self) -> Option<&'static str> {
        self.home_named_by
    }

    /// What config.toml says of a key, else its default. `None`: neither says something, or something else
    /// overrules them here.
    pub(crate) fn in_file_or_default(&self, path: &str) -> Option<&Value> {
        let entry = self.entries.iter().find(|entry| entry.key.path() == path)?;
        let is_kept = matches!(entry.origin, Origin::File | Origin::Default);
        entry.value.as_ref().filter(|_| is_kept)
    }

    /// What config.toml says of a key, if nothing overrules it.
    pub(crate) fn in_file(&self, path: &str) -> Option<&Value> {
        let entry = self.entries.iter().find(|entry| entry.key.path() == path)?;
        entry.value.as_ref().filter(|_| entry.origin == Origin::File)
    }

    /// The directory of what only concerns running processes.
    pub(crate) fn run_dir(&self) -> PathBuf {
        self.home.join("run")
    }

    /// The file that a running node logs to.
    pub(crate) fn log_file(&self) -> PathBuf {
        self.home.join("logs/camille.log")
    }

    /// What is in force for a key, in words when nothing is set.
    pub(crate) fn in_force(&self, entry: &Entry) -> String {
        let node = &self.settings.node;
        match (&entry.value, entry.key.section, entry.key.name, entry.key.preset) {
            (Some(value), ..) => value.to_string(),
            (None, "node", "name", _) => node.name.clone(),
            (None, "node", "user", _) => node.user.clone().unwrap_or_else(|| "(unknown)".into()),
            (None, _, _, Preset::Found(words) | Preset::Value(words)) => format!("({words})"),
        }
    }
}

/// Where `config.toml` is.
pub(crate) fn file_path(home: &Path) -> PathBuf {
    home.join("config.toml")
}

/// camille's own directory: `--home`, else `CAMILLE_HOME`, else `~/.camille`; always absolute.
///
/// # Errors
/// None of the three is known.
pub(crate) fn home(environment: &Environment, flags: &Flags) -> Result<PathBuf, Failure> {
    let home = flags
        .home
        .clone()
        .or_else(|| environment.path("CAMILLE_HOME"))
        .or_else(|| environment.user_home().map(|home| home.join(".camille")))
        .ok_or_else(|| {
            Failure::not_set_up("camille does not know where to keep its bank")
                .because("neither CAMILLE_HOME nor HOME is set")
                .hint("CAMILLE_HOME=/path/to/a/directory camille …")
        })?;
    std::path::absolute(&home).map_err(|error| {
        Failure::not_set_up(format!("cannot use {} as camille's home", home.display()))
            .because(error.to_string())
    })
}

fn preset(key: &'static Key) -> Entry {
    let value = match key.preset {
        Preset::Value(typed) => Value::parse(key.kind, typed).ok(),
        Preset::Found(_) => None,
    };
    Entry { key, value, origin: Origin::Default }
}

type Layer = Vec<(&'static Key, Value)>;

fn load_file(file: &Path) -> Result<Layer, Failure> {
    match std::fs::read_to_string(file) {
        Ok(text) => parse_file(&text, file),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Layer::new()),
        Err(error) => Err(Failure::not_set_up(format!("cannot read {}", file.display()))
            .because(error.to_string())),
    }
}

/// The keys that a `config.toml` sets; `file` is only named in errors.
///
/// # Errors
/// It is not TOML, names an unknown key or has a value that its key does not take.
pub(crate) fn parse_file(text: &str, file: &Path) -> Result<Layer, Failure> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        Failure::usage(format!("{} is not valid TOML", file.display()))
            .because(error.to_string().trim().to_owned())
    })?;
    let mut layer = Layer::new();
    for (section, value) in &table {
        let Some(keys) = value.as_table() else {
            return Err(unknown(section, &file.display().to_string()));
        };
        for (name, value) in keys {
            let path = format!("{section}.{name}");
            let key = key::key(&path).ok_or_else(|| unknown(&path, &file.display().to_string()))?;
            let value = Value::of_toml(key.kind, value).map_err(|must| {
                invalid(&path, &must, &value.to_string(), &file.display().to_string())
            })?;
            layer.push((key, value));
        }
        if keys.is_empty() && !KEYS.iter().any(|key| key.section == section) {
            return Err(unknown(section, &file.display().to_string()));
        }
    }
    Ok(layer)
}

fn parse_variables(environment: &Environment) -> Result<Vec<(Origin, Layer)>, Failure> {
    let mut layers = Vec::new();
    for (variable, value) in &environment.variables {
        // Only `CAMILLE_<SECTION>_…` is ours; `CAMILLE_HOME` and what others may call theirs is not.
        let belongs = |key: &&Key| {
            let prefix = format!("CAMILLE_{}_", key.section.to_uppercase());
            variable.starts_with(&prefix)
        };
        let Some(relative) = KEYS.iter().find(belongs) else { continue };
        if value.is_empty() {
            continue;
        }
        let Some(key) = KEYS.iter().find(|key| key.variable() == *variable) else {
            let name = variable["CAMILLE__".len() + relative.section.len()..].to_lowercase();
            let meant = key::nearest(&format!("{}.{name}", relative.section)).variable();
            return Err(Failure::usage(format!("{variable} is no configuration key"))
                .hint(format!("did you mean {meant}?")));
        };
        let typed = value.to_string_lossy();
        let value = Value::parse(key.kind, &typed)
            .map_err(|must| invalid(variable, &must, &typed, "the environment"))?;
        layers.push((Origin::Variable(variable.clone()), vec![(key, value)]));
    }
    Ok(layers)
}

fn parse_flags(set: &[(String, String)]) -> Result<Layer, Failure> {
    let mut layer = Layer::new();
    for (path, typed) in set {
        let key = key::key(path).ok_or_else(|| unknown(path, "the command line"))?;
        let value = Value::parse(key.kind, typed)
            .map_err(|must| invalid(path, &must, typed, "the command line"))?;
        layer.push((key, value));
    }
    Ok(layer)
}

/// The error for a key that does not exist.
pub(crate) fn unknown(path: &str, place: &str) -> Failure {
    let meant = key::nearest(path).path();
    Failure::usage(format!("unknown configuration key '{path}' in {place}"))
        .hint(format!("did you mean '{meant}'?"))
}

/// The error for a value that its key does not take; `given` is that value.
pub(crate) fn invalid(name: &str, must: &str, given: &str, place: &str) -> Failure {
    Failure::usage(format!("'{name}' {must}")).because(format!("{place} says {given}"))
}

fn settings(home: &Path, entries: &[Entry], environment: &Environment) -> Settings {
    let values = Values(entries);
    let machine = gethostname::gethostname().to_string_lossy().into_owned();
    let user = values.text("node.user").or_else(|| environment.user());
    // "root" says nothing about who it is; the machine says a little.
    let person = user.clone().filter(|user| user != "root");
    let name = values
        .text("node.name")
        .or(person)
        .unwrap_or_else(|| machine.split('.').next().unwrap_or(&machine).to_owned());
    let name = if name.trim().is_empty() { "camille".to_owned() } else { name };

    let mut settings = Settings::new(home.to_owned(), name);
    settings.node.user = user;
    settings.node.contact = values.text("node.contact");
    if !machine.is_empty() {
        settings.node.machine = machine;
    }
    settings.node.port = u16::try_from(values.count("node.port")).unwrap_or(settings.node.port);
    let port = settings.node.port;
    settings.node.bind = values
        .texts("node.bind")
        .map(|texts| texts.iter().filter_map(|text| value::socket(text, port)).collect());
    settings.node.advertise = values.texts("node.advertise").unwrap_or_default();
    settings.node.socket = socket::path(home, environment.path("XDG_RUNTIME_DIR"));

    let beside_home = |name: &str| environment.user_home().map(|home| home.join(name));
    settings.sources.auto = values.truth("sources.auto");
    settings.sources.person_home = environment.user_home();
    settings.sources.claude_dir =
        environment.path("CLAUDE_CONFIG_DIR").or_else(|| beside_home(".claude"));
    settings.sources.codex_dir = environment.path("CODEX_HOME").or_else(|| beside_home(".codex"));
    settings.sources.watch = values.truth("sources.watch");
    settings.sources.rescan = values.seconds("sources.rescan_s");

    settings.discovery.enabled = values.truth("discovery.enabled");
    settings.discovery.private = values.truth("discovery.private");
    settings.discovery.timeout = values.milliseconds("discovery.timeout_ms");

    let mesh = &mut settings.mesh;
    mesh.allow_indirect = values.truth("mesh.allow_indirect");
    mesh.origins = values
        .texts("mesh.origins")
        .map(|texts| texts.iter().filter_map(|text| text.parse().ok()).collect());
    mesh.ttl = values.count("mesh.ttl");
    mesh.peer_timeout = values.milliseconds("mesh.peer_timeout_ms");
    mesh.connect_timeout = values.milliseconds("mesh.connect_timeout_ms");
    mesh.idle_timeout = values.seconds("mesh.idle_timeout_s");
    mesh.connections_max = values.size("mesh.connections_max");
    mesh.cache_ttl = values.seconds("mesh.cache_ttl_s");
    mesh.candidates = values.count("mesh.candidates");

    let limits = &mut settings.limits;
    limits.search_per_minute = values.count("limits.search_per_minute");
    limits.document_per_minute = values.count("limits.document_per_minute");
    limits.status_per_minute = values.count("limits.status_per_minute");
    limits.forward_per_minute = values.count("limits.forward_per_minute");
    limits.connections_max = values.size("limits.connections_max");
    limits.handshake_timeout = values.milliseconds("limits.handshake_timeout_ms");
    limits.header_timeout = values.milliseconds("limits.header_timeout_ms");
    limits.body_timeout = values.milliseconds("limits.body_timeout_ms");

    settings.redaction.emails = values.truth("redaction.emails");

    settings.audit.query = match values.text("audit.query").as_deref() {
        Some("hash") => AuditQuery::Hash,
        Some("off") => AuditQuery::Off,
        _ => AuditQuery::Text,
    };
    settings.audit.keep_days = values.count("audit.keep_days");

    // A relative path is meant from where config.toml is.
    let file = |path: &str| values.text(path).map(|file| home.join(file));
    settings.tls.cert_file = file("tls.cert_file");
    settings.tls.key_file = file("tls.key_file");
    settings.tls.ca_file = file("tls.ca_file");
    settings
}

/// Typed access by path. A number whose key is missing would be 0; a test names every path used.
struct Values<'a>(&'a [Entry]);

impl Values<'_> {
    fn value(&self, path: &str) -> Option<&Value> {
        self.0.iter().find(|entry| entry.key.path() == path)?.value.as_ref()
    }

    fn text(&self, path: &str) -> Option<String> {
        match self.value(path) {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        }
    }

    fn texts(&self, path: &str) -> Option<Vec<String>> {
        match self.value(path) {
            Some(Value::Texts(texts)) => Some(texts.clone()),
            _ => None,
        }
    }

    fn truth(&self, path: &str) -> bool {
        matches!(self.value(path), Some(Value::Truth(true)))
    }

    fn count(&self, path: &str) -> u32 {
        match self.value(path) {
            Some(Value::Count(count)) => *count,
            _ => 0,
        }
    }

    fn size(&self, path: &str) -> usize {
        usize::try_from(self.count(path)).unwrap_or(usize::MAX)
    }

    fn milliseconds(&self, path: &str) -> Duration {
        Duration::from_millis(self.count(path).into())
    }

    fn seconds(&self, path: &str) -> Duration {
        Duration::from_secs(self.count(path).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), value.into()));
        Environment { variables: variables.collect() }
    }

    fn load(variables: &[(&str, &str)], set: &[(&str, &str)]) -> Result<Config, Failure> {
        let set = set.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Config::load(&environment(variables), &Flags { home: None, set })
    }

    #[test]
    fn the_table_and_the_nodes_own_defaults_agree() {
        let config = load(&[("CAMILLE_HOME", "/nowhere"), ("USER", "ana")], &[]).unwrap();
        let mut expected = Settings::new("/nowhere".into(), "ana".into());
        expected.node.user = Some("ana".into());
        expected.node.machine = config.settings.node.machine.clone();
        assert_eq!(format!("{:#?}", config.settings()), format!("{expected:#?}"));
    }

    #[test]
    fn a_flag_beats_the_environment() {
        let variables = [("HOME", "/nowhere"), ("CAMILLE_MESH_TTL", "2")];
        assert_eq!(load(&variables, &[]).unwrap().settings().mesh.ttl, 2);
        assert_eq!(load(&variables, &[("mesh.ttl", "4")]).unwrap().settings().mesh.ttl, 4);
        assert_eq!(load(&[("HOME", "/nowhere")], &[]).unwrap().settings().mesh.ttl, 3);
    }

    #[test]
    fn without_any_home_it_says_what_to_set() {
        let failure = load(&[("USER", "ana")], &[]).unwrap_err();
        assert!(failure.to_string().contains("CAMILLE_HOME"), "{failure}");
    }

    #[test]
    fn foreign_variables_are_left_alone_and_misspelt_ones_are_not() {
        assert!(load(&[("HOME", "/nowhere"), ("CAMILLE_CORPUS", "x")], &[]).is_ok());
        let failure = load(&[("HOME", "/nowhere"), ("CAMILLE_MESH_TLL", "2")], &[]).unwrap_err();
        assert!(failure.to_string().contains("CAMILLE_MESH_TTL"), "{failure}");
    }

    #[test]
    fn root_is_called_after_its_machine() {
        let config = load(&[("HOME", "/nowhere"), ("USER", "root")], &[]).unwrap();
        assert_ne!(config.settings().node.name, "root");
        assert!(!config.settings().node.name.is_empty());
    }
}
