//! Programs that work in a container, a pod or on a device, which have paths of their own: what of this machine they
//! are given. What is run in there counts where something of that name stands here, for it may be mounted.

use super::argument::{guesses, maybe, reaching, value_of};
use super::shell::Shell;
use super::word::Word;
use super::{Doing, Mention, Reach, is_rooted};

/// Programs of this kind.
const PROGRAMS: &[&str] = &[
    "docker",
    "podman",
    "nerdctl",
    "docker-compose",
    "podman-compose",
    "kubectl",
    "oc",
    "k3s",
    "microk8s",
    "minikube",
    "adb",
    "lxc",
    "incus",
];

/// Words before a command that say of what kind it is.
const KINDS: &[&str] = &[
    "compose",
    "container",
    "image",
    "volume",
    "network",
    "system",
    "buildx",
    "builder",
    "kubectl",
    "config",
    "context",
];

/// Commands that run what follows in there.
const RUN: &[&str] = &["run", "exec", "create", "shell", "debug"];

/// Options whose value is a file of this machine, or has one in it.
const FILES: &[&str] = &[
    "--file",
    "--filename",
    "--env-file",
    "--kubeconfig",
    "--kustomize",
    "--project-directory",
    "--label-file",
    "--from-file",
    "--from-env-file",
    "--secret",
    "--ssh",
    "--build-context",
    "--cache-from",
    "--certificate-authority",
    "--client-key",
    "--client-certificate",
    "--input",
    "--patch-file",
    "--values",
];

/// Options whose value is mounted.
const MOUNTS: &[&str] = &["--volume", "--mount", "--device"];

/// Options that take nothing.
const FLAGS: &[&str] = &[
    "--rm",
    "--detach",
    "--interactive",
    "--tty",
    "--stdin",
    "--privileged",
    "--init",
    "--read-only",
    "--publish-all",
    "--no-healthcheck",
    "--quiet",
    "--no-deps",
    "--build",
    "--service-ports",
    "--use-aliases",
    "--quiet-pull",
    "--remove-orphans",
    "--no-TTY",
    "--help",
    "--all",
    "--follow",
    "--all-namespaces",
    "--watch",
    "--force",
    "--recursive",
    "--no-cache",
    "--pull",
    "--load",
    "--push",
    "--debug",
    "--verbose",
    "--enable-helm",
];

/// The same as letters, alone or together.
const FLAG_LETTERS: &str = "itdTPDAhqaRw";

/// Whether a program is of this kind.
pub(super) fn is_one(program: &str) -> bool {
    PROGRAMS.contains(&program)
}

/// Goes through the words of one.
pub(super) fn run(shell: &mut Shell<'_>, program: &str, arguments: &[Word]) {
    // What a cluster creates is a thing of its own.
    let makes_things = matches!(program, "kubectl" | "oc");
    let mut command = "";
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        if text == "--" {
            return words.for_each(|word| inside(shell, word));
        }
        if text.starts_with('-') && text.len() > 1 {
            let (name, value) = split(word);
            if value.is_none() && is_flag(command, name) {
                continue;
            }
            let value = value.or_else(|| words.next().cloned());
            value.into_iter().for_each(|value| option(shell, command, name, &value));
        } else if command.is_empty() {
            // What is set in `.env` is printed with the rest: `docker compose config`.
            if text == "config" && program.contains("docker") {
                guesses(shell, ".env", Doing::Read);
            }
            command = if KINDS.contains(&text) { "" } else { text };
        } else if RUN.contains(&command) && !(makes_things && command == "create") {
            // The container, the service, the image; what follows runs in it.
            return words.for_each(|word| inside(shell, word));
        } else if matches!(
            command,
            "build" | "cp" | "copy" | "push" | "import" | "bake" | "kustomize"
        ) {
            given(shell, word);
        }
    }
}

/// The name of an option, and its value where that stands in the same word.
fn split(word: &Word) -> (&str, Option<Word>) {
    let text = word.text.as_str();
    let of = |value: &str| Some(Word { text: value.to_owned(), open: word.open.clone() });
    if text.starts_with("--") {
        return text.split_once('=').map_or((text, None), |(name, value)| (name, of(value)));
    }
    // `-v/p:/d`, `-v=/p:/d`; letters alone take nothing, but the last.
    match text.char_indices().nth(2) {
        Some((at, _)) if text[at..].contains(['/', '.', '~', '=', ':']) => {
            (&text[..at], of(text[at..].trim_start_matches('=')))
        }
        None if word.open.is_some() => (text, of("")),
        _ => (text, None),
    }
}

fn is_flag(command: &str, name: &str) -> bool {
    let is_letters = !name.starts_with("--")
        && name.trim_start_matches('-').chars().all(|letter| FLAG_LETTERS.contains(letter));
    // Before a command and where something is made of it `-f` is a file; elsewhere it is to follow or to force.
    let is_force = name == "-f" && !takes_file(command);
    let is_volumes = name == "-v" && !RUN.contains(&command);
    is_letters || is_force || is_volumes || FLAGS.contains(&name)
}

fn takes_file(command: &str) -> bool {
    command.is_empty()
        || matches!(
            command,
            "build"
                | "apply"
                | "create"
                | "delete"
                | "replace"
                | "diff"
                | "get"
                | "describe"
                | "bake"
        )
}

fn option(shell: &mut Shell<'_>, command: &str, name: &str, value: &Word) {
    if value.text.is_empty() {
        return;
    }
    let is_mount = MOUNTS.contains(&name) || (name == "-v" && RUN.contains(&command));
    let is_file = FILES.contains(&name) || matches!(name, "-k") || (name == "-f");
    if is_mount {
        mount(shell, value);
    } else if is_file && value.text.contains(['=', ',']) {
        for piece in value.text.split(['=', ',']) {
            value_of(shell, &Word::known(piece), Doing::Read);
        }
    } else if is_file {
        maybe(shell, value, Doing::Read);
    }
}

/// `/p:/d`, `type=bind,source=/p,target=/d`: what is mounted may be read whole.
fn mount(shell: &mut Shell<'_>, value: &Word) {
    let members = value.text.split(',').filter_map(|member| member.split_once('='));
    let source = members.into_iter().find(|(name, _)| matches!(*name, "source" | "src"));
    let place = match source {
        Some((_, path)) => path,
        None if super::is_drive(&value.text) => &value.text,
        None => value.text.split(':').next().unwrap_or_default(),
    };
    let whole = place.len() == value.text.len();
    let word = Word { text: place.to_owned(), open: value.open.clone().filter(|_| whole) };
    // Docker makes what is not there.
    let here = shell.scope.directory.text.as_str();
    let is_below = place.starts_with("./")
        || (!here.is_empty() && place.strip_prefix(here).is_some_and(|rest| rest.starts_with('/')));
    if is_below && !place.contains("..") && word.open.is_none() {
        let path = word.within(&shell.scope.directory).text;
        let reach = Reach::Below { links: false, all: true };
        shell.into.add(Mention { guess: true, reach, ..Mention::new(&path, Doing::Read) });
    } else if place.starts_with(['/', '.', '~']) || super::is_drive(place) {
        let all = Reach::Below { links: false, all: true };
        reaching(shell, &word, Doing::Read, &all);
    } else {
        // Mostly a volume's name.
        maybe(shell, &word, Doing::Read);
    }
}

/// A file of this machine or, behind a colon, one in there.
fn given(shell: &mut Shell<'_>, word: &Word) {
    let is_there = word.text.contains(':') && !super::is_drive(&word.text);
    if !is_there && word.text.contains(['/', '.', '~']) {
        reaching(shell, word, Doing::Read, &Reach::Below { links: false, all: true });
    }
}

/// A word of what runs in there.
fn inside(shell: &mut Shell<'_>, word: &Word) {
    if !is_rooted(&word.text) || word.text.contains(' ') {
        guesses(shell, &word.text, Doing::Read);
    }
}

#[cfg(test)]
mod tests {
    use super::super::named::mentions;

    fn named(command: &str) -> Vec<(String, bool)> {
        mentions(command).into_iter().map(|m| (m.path, m.guess)).collect()
    }

    #[test]
    fn what_a_container_is_given_is_of_this_machine() {
        for command in [
            "docker run --rm -v /p/x:/d alpine cat /d/a",
            "docker run -v/p/x:/d alpine shell",
            "docker run -v=/p/x:/d alpine cat /d/a",
            "docker run --volume=/p/x:/d alpine cat /d/a",
            "docker run -it --name a -e B=c -p 1:2 -v /p/x:/d:ro fedora exec cat /d/a",
            "docker run --mount type=bind,source=/p/x,target=/d alpine cat /d/a",
            "podman create -v /p/x:/d alpine",
            "docker run --env-file=/p/x alpine env",
            "docker exec --env-file /p/x web env",
            "docker compose -f /p/x exec web sh",
            "docker compose --project-directory /p/x exec db psql -c 'select 1'",
            "docker compose run -v /p/x:/d shell cat /d/a",
            "docker build -t a /p/x",
            "docker build --build-context p=/p/x .",
            "docker build --secret id=a,src=/p/x .",
            "docker cp /p/x web:/d",
            "kubectl get -k /p/x -o yaml",
            "kubectl kustomize /p/x",
            "kubectl -n a kustomize --enable-helm /p/x",
            "kubectl create secret generic a --from-file=b=/p/x",
            "kubectl cp /p/x web-1:/d",
            "kubectl --kubeconfig /p/x get pods",
            "adb push /p/x /sdcard/x",
        ] {
            assert!(
                named(command).contains(&("/p/x".into(), false)),
                "{command}: {:?}",
                named(command)
            );
        }
    }

    #[test]
    fn what_runs_in_a_container_is_not_of_this_machine() {
        for command in [
            "docker run alpine cat /data/config.json",
            "docker run --rm -it --entrypoint /entrypoint.sh -w /work acme/api --config /etc/app.yml",
            "docker run --rm alpine sh -c 'cat /data/x; ls ../up'",
            "docker exec -it web sh -c 'cat /etc/hosts; ls /app/src'",
            "docker compose exec -T web cat /app/log",
            "docker compose logs -f web",
            "docker logs -f --tail 100 web",
            "docker rm -f web",
            "docker compose down -v",
            "kubectl exec -it web-1 -c app -- cat /var/app.log ../x",
            "kubectl logs -f job/migrate",
            "kubectl cp prod/web-1:/app/data.json out.json",
            "adb shell cat /sdcard/x",
        ] {
            let sure: Vec<_> = named(command)
                .into_iter()
                .filter(|(path, guess)| !guess && (path.starts_with('/') || path.contains("..")))
                .collect();
            assert!(sure.is_empty(), "{command}: {sure:?}");
        }
        // It may be mounted.
        let named = named("docker compose exec web cat keys/a.pem");
        assert!(named.contains(&("keys/a.pem".into(), true)), "{named:?}");
    }
}
