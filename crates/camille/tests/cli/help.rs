//! What the commands say of themselves, on a terminal of 80 columns, in one reviewed file. After a change look at the
//! difference, and keep it: `INSTA_UPDATE=always cargo test -p camille --test cli help`.

use crate::environment::Home;

/// A command's help, and below it that of its own commands.
fn told(home: &Home, command: &[String], into: &mut String) {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    let help = home.run(&[&words[..], &["--help"]].concat()).ended(0).fits().stdout.clone();
    into.push_str(&format!("===== camille {}\n{}\n", command.join(" "), help.trim_end()));
    let listed = help.split_once("\nCommands:\n").map_or("", |(_, listed)| listed);
    for line in listed.lines().take_while(|line| !line.is_empty()) {
        // What a command is about goes on further in.
        let is_name = line.starts_with("  ") && !line.starts_with("   ");
        let name = line.split_whitespace().next().filter(|name| is_name && *name != "help");
        if let Some(name) = name {
            told(home, &[command, &[name.to_owned()]].concat(), into);
        }
    }
}

#[test]
fn every_command_says_what_was_reviewed() {
    let home = Home::new().with("COLUMNS", "80");
    let mut all = String::new();
    told(&home, &[], &mut all);
    assert!(all.matches("===== ").count() >= 40, "commands were missed");
    insta::assert_snapshot!("help", all);
}
