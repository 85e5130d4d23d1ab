//! Ways to a place, written down before the rules: commands, code, calls of tools and results that name it, and what
//! looks alike and names none.

use super::named::mentioned;
use super::{Doing, Mention, of_input, of_output, shell::of_command};

fn reaches(mentions: &[Mention], path: &str) -> bool {
    mentions.iter().any(|mention| mention.path.replace("/./", "/").trim_end_matches('/') == path)
}

#[test]
fn a_command_leads_where_it_goes_however_it_says_so() {
    for (command, path) in [
        ("env --chdir=../x cat a", "../x/a"),
        ("env -C ../x cat a", "../x/a"),
        ("sudo --chdir ../x cat a", "../x/a"),
        ("env A=b -C ../x cat a", "../x/a"),
        ("sudo -u ana -D ../x cat a", "../x/a"),
        ("ls notes | xargs -I{} cat notes/{}", "notes"),
        ("env -S'cat ../x'", "../x"),
        ("env --split-string='cat ../x'", "../x"),
        ("xargs -a ../x echo", "../x"),
        ("xargs --arg-file=../x echo", "../x"),
        ("eval \"$(echo cat ../x)\"", "../x"),
        ("$(echo cat ../x)", "../x"),
        ("$(printf 'cat %s' ../x)", "../x"),
        ("echo cat ../x | sudo sh", "../x"),
        ("echo ../x | cpio -o", "../x"),
        ("echo ../x | tar cf - -T -", "../x"),
        ("A=([k]=../x); cat ${A[k]}", "../x"),
        ("a[$(cat ../x)]=1", "../x"),
        ("echo $((`cat ../x`))", "../x"),
        ("cat <<E\n`cat ../x`\nE", "../x"),
        ("cat <<-E\n\t$(cat ../x)\n\tE", "../x"),
        ("sed '1e cat ../x' a", "../x"),
        ("jq -n 'import \"../x\" as $s; $s'", "../x"),
        ("cd a && cat ~-/../x", "../x"),
        ("cat ~+/../x", "../x"),
        ("cat src/$F/../../../x", "src/x/../../.."),
        ("cat $(git rev-parse --show-toplevel)/../x", ":/../x"),
        ("cat \"$(npm prefix)/../x\"", ":/../x"),
        ("cat $CLAUDE_PROJECT_DIR/../x", ":/../x"),
        ("cat $CLAUDE_PROJECT_DIR/../x", "./../x"),
        ("pwsh -c 'Get-Content ..\\x'", "../x"),
        ("powershell.exe -Command \"Get-Content $HOME\\x\"", "~/x"),
        ("cmd.exe /c \"type C:\\x\\a\"", "C:/x/a"),
        ("mytool notes", "notes"),
        ("echo ../x/*", "../x"),
        ("python3 -c \"print((Path.cwd().parent/'x'/'a.md').read_text())\"", "../x"),
        ("python3 -c \"os.walk(os.path.expanduser('~'))\"", "~"),
        ("python3 -c \"for p in Path.home().rglob('*.md'): p\"", "~"),
        ("node -e \"fs.readdirSync(os.homedir())\"", "~"),
        ("ruby -e 'Dir.glob(File.join(Dir.home, \"*\", \"a\"))'", "~"),
        ("perl -e 'open F, \"$ENV{HOME}/x/a\"'", "~/x/a"),
    ] {
        let found = mentioned(|into| of_command(command, None, into));
        let read: Vec<Mention> = found
            .iter()
            .filter(|m| m.doing != Doing::Named || command.starts_with("echo ../x/*"))
            .cloned()
            .collect();
        assert!(reaches(&read, path), "{command}: {found:?}");
    }
}

#[test]
fn a_call_leads_where_it_goes_whatever_its_members_are_called() {
    for (tool, input, path) in [
        ("mcp__x__run", r#"{"commands":["npm ci","cat ../x"]}"#, "../x"),
        ("mcp__x__run", r#"{"commands":[{"command":"npm ci"},{"command":"cat ../x"}]}"#, "../x"),
        ("shell", r#"{"command":["cat","../x"]}"#, "../x"),
        ("PowerShell", r#"{"command":"Get-Content ..\\x"}"#, "../x"),
        ("PowerShell", r#"{"command":"cat \"$env:USERPROFILE\\x\""}"#, "~/x"),
        ("Bash", r#"{"command":"Get-Content ..\\x"}"#, "../x"),
        ("mcp__terminal__send", r#"{"keys":"cat ../x\n"}"#, "../x"),
        ("mcp__terminal__send", r#"{"text":"cat ../x\n"}"#, "../x"),
        ("mcp__x__run", r#"{"files":{"/p/x":"r"}}"#, "/p/x"),
        ("mcp__x__open", r#"{"doc":"my notes/may.md"}"#, "my notes/may.md"),
        ("mcp__x__open", r#"{"note":"2026/05"}"#, "2026/05"),
        ("mcp__x__run", r#"{"program":"cat","args":["my notes/may.md"]}"#, "my notes/may.md"),
        ("mcp__gemini__ask", r#"{"prompt":"@../x sum it up"}"#, "../x"),
        ("mcp__codex__ask", r#"{"prompt":"read /p/x and say it"}"#, "/p/x"),
    ] {
        let found = mentioned(|into| of_input(tool, input, into));
        assert!(reaches(&found, path), "{tool} {input}: {found:?}");
    }
}

#[test]
fn a_result_says_whose_text_it_gives_in_every_form() {
    for (result, path) in [
        (r#"{"type":"match","data":{"path":{"text":"/p/x"},"lines":{"text":"/q"}}}"#, "/p/x"),
        ("{\n  \"matches\": [\n    {\n      \"file\": \"/p/x\",\n      \"text\": \"/q\"\n", "/p/x"),
        (r#"[{"path": "../x/a", "content": "b"}]"#, "../x/a"),
        ("make[1]: Entering directory '/p/x'", "/p/x"),
        ("> payroll@1.0.0 dump /p/x\n> cat a", "/p/x"),
        ("File: /p/x", "/p/x"),
        ("FAIL ../x/a.test.ts", "../x/a.test.ts"),
        ("Found in /p/x:", "/p/x"),
        ("diff -ru ../x /q", "../x"),
        ("vendor/x/a.csv\n1:ana", "vendor/x/a.csv"),
        ("keys/a.pem\n12-text", "keys/a.pem"),
    ] {
        let found = mentioned(|into| of_output(result, into));
        assert!(reaches(&found, path), "{result}: {found:?}");
        assert!(!reaches(&found, "/q") || result.starts_with("diff"), "{result}: {found:?}");
    }
}

/// What is certain of it: a guess counts only where something stands.
#[test]
fn what_looks_like_a_way_is_none() {
    for command in [
        "source ~/.zshrc && npm test",
        ". ~/.bashrc; make",
        "KUBECONFIG=~/.kube/config kubectl get nodes",
        "GOOGLE_APPLICATION_CREDENTIALS=~/.config/gcloud/a.json python app.py",
        "cat \"$(npm root -g)/x/package.json\"",
        "jq '.paths[\"../x/*\"]' tsconfig.json",
        "python3 -c \"os.listdir('src')\"",
        "python3 -c \"for p in glob.glob('src/*.py'): print(p)\"",
        "python3 -c \"os.listdir(os.path.expanduser('~/.cache'))\"",
        "node -e \"fs.readdirSync('.')\"",
        "sed -e 's/a/b/' x.txt",
        "printf '%s\\n' a b",
        "cat $(git rev-parse --show-toplevel)/README.md",
        "echo \"$(date)\" > log.txt",
        "cd \"$(git rev-parse --show-toplevel)\" && make",
        "mkdir scratch && go build -o bin/server .",
        "helm upgrade --install web ./chart -f values.yaml",
        "docker compose up -d && docker compose logs -f web",
        "kubectl get pods -o jsonpath='{.items[*].metadata.name}'",
    ] {
        let found = mentioned(|into| of_command(command, None, into));
        let leaves = |m: &&Mention| {
            !m.guess
                && (m.path.starts_with(['/', '~']) || m.path.contains(".."))
                && !m.path.starts_with("~/.cache")
        };
        assert_eq!(found.iter().find(leaves), None, "{command}");
    }
    for result in [
        "Saved to disk",
        "> this is quoted text",
        "File: uploaded",
        "PASS all of it",
        "{\"text\": \"/q\"}",
        "cat: /p/x: No such file or directory",
        "/p/x: Permission denied",
        "1:text\n2:text",
    ] {
        let found = mentioned(|into| of_output(result, into));
        assert!(found.iter().all(|m| m.guess), "{result}: {found:?}");
    }
}
