//! Four layers, one winner; wrong keys and values are told with what was meant.

use crate::environment::Home;
use std::os::unix::fs::PermissionsExt;

#[test]
fn flags_beat_the_environment_beats_the_file_beats_the_default() {
    let home = Home::new();
    let from = |home: &Home, args: &[&str]| {
        let entry =
            home.run(&[args, &["config", "get", "mesh.ttl", "--json"]].concat()).ended(0).json();
        (entry["value"].as_u64().unwrap(), entry["from"].as_str().unwrap().to_owned())
    };
    assert_eq!(from(&home, &[]), (3, "default".into()));
    home.write("camille/config.toml", "[mesh]\nttl = 2\n");
    assert_eq!(from(&home, &[]), (2, "config.toml".into()));
    let home = home.with("CAMILLE_MESH_TTL", "4");
    assert_eq!(from(&home, &[]), (4, "CAMILLE_MESH_TTL".into()));
    assert_eq!(from(&home, &["--set", "mesh.ttl=5"]), (5, "command line".into()));
}

#[test]
fn an_unknown_key_names_the_nearest_one_wherever_it_stands() {
    let home = Home::new();
    home.run(&["config", "get", "mesh.tll"]).ended(2).says("did you mean 'mesh.ttl'?");
    home.run(&["config", "--set", "ttl=1"]).ended(2).says("did you mean 'mesh.ttl'?");
    home.write("camille/config.toml", "[audit]\nkeepdays = 3\n");
    home.run(&["config"]).ended(2).says("did you mean 'audit.keep_days'?").says("config.toml");
    home.run(&["search", "x"]).ended(2).says("did you mean 'audit.keep_days'?");
    let home = Home::new().with("CAMILLE_NODE_PROT", "1");
    home.run(&["config"]).ended(2).says("did you mean CAMILLE_NODE_PORT?");
}

#[test]
fn a_wrong_value_says_what_it_must_be() {
    let home = Home::new();
    home.run(&["config", "set", "mesh.ttl", "6"]).ended(2).says("must be a number from 1 to 5");
    home.run(&["config", "set", "audit.query", "no"])
        .ended(2)
        .says("must be one of: text, hash, off");
    for name in ["", "*", "2", "me", "YOU", "this machine", "· ·"] {
        home.run(&["config", "set", "node.name", name])
            .ended(2)
            .says("must be a name with a letter");
    }
    home.run(&["config", "set", "node.contact", ""]).ended(2).says("must be text, not empty");
    home.write("camille/config.toml", "[mesh]\nttl = \"two\"\n");
    home.run(&["config"]).ended(2).says("'mesh.ttl' must be a number").says("\"two\"");
    home.write("camille/config.toml", "[mesh\n");
    home.run(&["config"]).ended(2).says("not valid TOML");
}

#[test]
fn set_keeps_comments_and_makes_a_private_file() {
    let home = Home::new();
    let scripts = "[sharing]\nscripts = true\n";
    home.run(&["config", "set", "node.name", "ana"]).ended(0);
    let file = home.camille_home().join("config.toml");
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(&home.camille_home()), 0o700);
    std::fs::write(&file, format!("# who I am\n[node]\nname = \"ana\" # me\n{scripts}")).unwrap();
    home.run(&["config", "set", "node.name", "bruno"]).ended(0);
    home.run(&["config", "set", "node.advertise", "a.example,b.example:80"]).ended(0);
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        format!(
            "# who I am\n[node]\nname = \"bruno\" # me\nadvertise = [\"a.example\", \"b.example:80\"]\n{scripts}"
        )
    );
    home.run(&["config", "get", "node.name"]).ended(0).prints("bruno\n");
}

#[test]
fn set_tells_when_the_environment_overrules_it() {
    let home = Home::scripted().with("CAMILLE_MESH_TTL", "4");
    home.run(&["config", "set", "mesh.ttl", "2"]).ended(0).says("CAMILLE_MESH_TTL");
}

#[test]
fn the_list_has_every_key_and_the_path_is_where_it_is() {
    let home = Home::new();
    let list = home.run(&["config", "list", "--json"]).ended(0).json();
    let keys: Vec<_> = list.as_array().unwrap().iter().map(|entry| &entry["key"]).collect();
    assert!(keys.len() > 20 && keys.iter().any(|key| *key == "audit.keep_days"), "{keys:?}");
    let table = home.run(&["config"]).ended(0).prints("node.name").prints("tester");
    for key in &keys {
        assert!(table.stdout.contains(key.as_str().unwrap()), "{key}");
    }
    let path = home.run(&["config", "path"]).ended(0);
    assert_eq!(path.stdout.trim(), home.camille_home().join("config.toml").display().to_string());
}

#[test]
fn without_any_home_it_says_what_to_set() {
    let home = Home::new();
    let mut command = home.command(&["status"]);
    command.env_remove("HOME").env_remove("CAMILLE_HOME");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("neither CAMILLE_HOME nor HOME is set"), "{stderr}");
}
