//! Every way in which a command names a path, and what is none.

use super::super::named::mentions;
use super::super::{Mention, Reach};

fn names(command: &str, path: &str) -> bool {
    mentions(command).iter().any(|mention| mention.path.trim_end_matches('/') == path)
}

#[test]
fn every_way_to_name_a_path_names_it() {
    for command in [
        "cat /p/x",
        "cat '/p/x'",
        "cat \"/p/x\"",
        "cat /p\\/x",
        "cd /p && cat x",
        "cd /p; cd q; cat ../x",
        "(cd /p; cat x)",
        "git -C /p show HEAD:x && cat /p/x",
        "git --git-dir=/p/x log",
        "tar -C /p/x -cf - .",
        "tar cf - /p/x | gzip > out",
        "cat < /p/x",
        "echo a > /p/x",
        "D=/p; cat $D/x",
        "export D=/p && cat \"${D}/x\"",
        "for f in /p/x /q; do cat $f; done",
        "for d in a /p; do cat \"$d/x\"; done",
        "while true; do head -3 /p/x; done",
        "if [ -f a ]; then cat /p/x; fi",
        "f() { cat /p/x; }; f",
        "bash -c 'cat /p/x'",
        "bash -lc \"cd /p && cat x\"",
        "sudo -n cat /p/x",
        "env A=b cat /p/x",
        "timeout 5 cat /p/x",
        "find /p/x -name '*.md' -exec cat {} +",
        "ls /p/x | xargs cat",
        "echo \"$(cat /p/x)\"",
        "cat <(sort /p/x)",
        "diff a <(cat /p/x)",
        "python3 -c \"print(open('/p/x').read())\"",
        "cat <<EOF | xargs cat /p/x\na\nEOF",
        "python3 - <<'EOF'\nprint(open('/p/x').read())\nEOF",
        "bash <<EOF\ncat /p/x\nEOF",
        "cat > out <<EOF\n$(cat /p/x)\nEOF",
        "grep -rn secret /p/x",
        "rg 'a|b' -g '*.rs' /p/x",
        "sed -n '1,20p' /p/x",
        "awk '{print $1}' /p/x",
        "jq -r .a /p/x",
        "cp -r /p/x .",
        "rsync -a /p/x/ backup/",
        "curl -d @/p/x http://localhost/api/v1/users",
        "docker run -v /p/x:/data image",
        "npm --prefix /p/x test",
        "make -C/p/x",
        "pushd /p/x && ls && popd",
        "cat ${UNSET:-/p/x}",
        "cat /p/x &",
        "! cat /p/x",
        "case $1 in a) cat /p/x;; esac",
        "cat $'/p/x'",
        "apply_patch <<'EOF'\n*** Begin Patch\n*** Update File: /p/x\n*** End Patch\nEOF",
        "cat /p/x; echo 'unclosed",
        "cat /p/x ) ) }",
        "source /p/x",
        ". /p/x",
        "node -e \"require('fs').readFileSync('/p/x')\"",
        "eval 'cat /p/x'",
        "X=$(cat /p/x)",
        "local X=/p; cat $X/x",
        "grep -v '^#' /p/x",
        "grep -F ana /p/x",
        "jq -C . /p/x",
        "git grep -F a -- /p/x",
        "ag -g a /p/x",
        "rg --files /p/x | xargs cat",
        "grep --regexp=a /p/x",
        "grep -ea /p/x",
        "sed --expression=p /p/x",
        "awk -F: '{print}' /p/x",
        "jq --slurpfile a /p/x -n '$a'",
        "GIT_DIR=/p/x git show HEAD:a",
        "env GIT_DIR=/p/x git show HEAD:a",
        "export GIT_DIR=/p/x; git show HEAD:a",
        "echo /p/x | xargs cat",
        "printf '%s\\n' /p/x | xargs cat",
        "echo 'cat /p/x' | bash",
        "echo \"open('/p/x')\" | python3",
        "alias c='cat /p/x'; c",
        "trap 'cat /p/x' EXIT",
        "set -- /p/x; cat \"$1\"",
        "xargs cat <<< /p/x",
        "tmux send-keys 'cat /p/x' Enter",
        "su -c 'cat /p/x'",
        "watch 'cat /p/x'",
        "c=\"cat /p/x\"; $c",
        "sqlite3 a \"ATTACH '/p/x' AS b\"",
        "python3 -c\"print(open('/p/x').read())\"",
        "python3 -Wignore -c \"print(open('/p/x').read())\"",
        "perl -MFile::Slurp -e \"print read_file('/p/x')\"",
        "bash -c -- 'cat /p/x'",
        "awk 'BEGIN{while((getline l < \"/p/x\")>0) print l}'",
        "awk -v f=/p/x 'BEGIN{getline l < f}'",
        "sed '1r /p/x' a",
        "docker compose -f /p/x exec web sh",
        "kubectl get -f /p/x",
        "curl -d@/p/x http://localhost/a",
        "curl -Ff=@/p/x http://localhost/a",
        "while read f; do cat $f; done <<< /p/x",
        "while read -r f; do cat \"$f\"; done <<< \"/p/x\"",
        "curl file://localhost/p/x",
        "curl \"file://$(hostname)/p/x\"",
        "PYTHONPATH=/p/x python3 -c 'import a'",
        "SECRETS_FILE=/p/x make",
        "sed -e '1r/p/x' a",
        "cat $'/p\\x2fx'",
        "cat $'/p/\\170'",
        "wget -qO- file:///p/x",
        "git -c alias.x='!cat /p/x' x",
        "git -c include.path=/p/x config -l",
        "git diff --no-index -b /p/x a",
        "git -C/p log -- x",
        "git show HEAD:/p/x",
        "ssh localhost cat /p/x",
        "ssh -p 22 ana@127.0.0.1 'cd /p; cat x'",
        "scp localhost:/p/x .",
        "php -r \"echo file_get_contents('/p/x');\"",
        "deno eval \"console.log(Deno.readTextFileSync('/p/x'))\"",
        "xmllint --xpath 'document(\"/p/x\")' a.xml",
        "mytool --config=/p/x",
        "mytool -c/p/x",
        "cat {/p/x,b}",
        "cat /p/{x,y}",
        "fd a /p/x -x cat",
        "find /q /p/x -type f | xargs cat",
        "find . -exec cp {} /p/x \\;",
        "rg -L a /p/x",
        "cargo test | rg a - /p/x",
        "xargs rg a /p/x < list",
    ] {
        assert!(
            names(command, "/p/x") || names(command, "/p/q/../x"),
            "{command}: {:?}",
            mentions(command)
        );
    }
}

#[test]
fn what_is_no_path_is_not_read() {
    for command in [
        "sed -i 's/home/p/g' a.txt",
        "sed -n '/start/,/end/p' a.txt",
        "awk '/^diff/{print}' a.txt",
        "grep -rn '/api/v1' src",
        "git commit -m 'moves /p/x to /q'",
        "git commit -m \"$(cat <<'EOF'\nmoves /p/x to /q\nEOF\n)\"",
        "gh pr create --title a --body '/p/x'",
        "echo /p/x",
        "curl https://h.example/p/x",
        "cat > a.md <<'EOF'\nsee /p/x\nEOF",
        "docker exec web cat /p/x",
        "ssh host 'cat /p/x'",
        "ssh -i ~/.ssh/id ana@h.example cat /p/x",
        "scp host:/p/x .",
        "docker push h.example/p/x:1.2",
        "git log --grep '/p/x' --format '/p/x'",
    ] {
        let found = mentions(command);
        assert!(found.iter().all(|m| !m.path.starts_with('/')), "{command}: {found:?}");
    }
}

/// Everything that a command reaches beside the paths that it names: the path, and what below it.
fn reaches(command: &str) -> Vec<(String, String)> {
    let told = |mention: Mention| match mention.reach {
        Reach::Alone => None,
        Reach::Matching { pattern, .. } => Some((mention.path, pattern)),
        Reach::Below { links, all } => {
            let links = if links { "links" } else { "" };
            Some((mention.path, format!("{links}{}", if all { "/all" } else { "/" })))
        }
    };
    mentions(command).into_iter().filter_map(told).collect()
}

#[test]
fn a_pattern_and_a_walk_reach_what_lies_below() {
    for (command, path, below) in [
        ("cat *.pem", ".", "*.pem"),
        ("head -5 .env*", ".", ".env*"),
        ("cd a && cat k/*.pem", "a/k", "*.pem"),
        ("for f in *.pem; do cat $f; done", ".", "*.pem"),
        ("cat /*/p/x", "/", "*/p/x"),
        ("cat ~/d*/may.md", "~", "d*/may.md"),
        ("find . -name '*.pem' -exec cat {} +", ".", "**/*.pem"),
        ("find / -name x -exec cat {} +", "/", "/all"),
        ("find / -name x 2>/dev/null | xargs cat", "/", "/all"),
        ("find -L . -name x -exec cat {} +", ".", "links/all"),
        ("grep -rn x .", ".", "/all"),
        ("grep -rn x", ".", "/all"),
        ("grep -Rn x src", "src", "links/all"),
        ("grep -rh x src", "src", "**"),
        ("rg x", ".", "/"),
        ("rg -L x src", "src", "links/"),
        ("rg -g '*.pem' x", ".", "**/*.pem"),
        ("tar cf - keys | base64", "keys", "**"),
        ("cp -r keys /tmp", "keys", "**"),
        ("rsync -a keys/ b", "keys/", "/all"),
        ("zip -r a.zip keys", "keys", "links/all"),
        ("locate x | xargs cat", "/", "links/all"),
        ("docker run -v /:/host alpine cat /host/x", "/", "/all"),
        ("docker run -v $PWD/..:/up alpine ls", "./..", "/all"),
        ("for f in $(ls a); do cat a/$f; done", "a", "*"),
        ("git diff -- '*.pem'", ".", "**/*.pem"),
        ("git log -p | grep '^+'", ".", "**"),
        ("git show | tail -20", ".", "**"),
        ("x=$(git diff main | sed -n 1p)", ".", "**"),
        ("npx -y repomix@latest --style xml --stdout", ".", "**"),
        ("files-to-prompt src/a -e md", "src/a", "**"),
        ("uvx gitingest", ".", "**"),
        ("gitleaks detect -v", ".", "**"),
        ("docker run -v $PWD/data:/data alpine", "./data", "/all"),
    ] {
        let found = reaches(command);
        let is_there = found.contains(&(path.to_owned(), below.to_owned()));
        assert!(is_there, "{command}: {found:?}");
    }
    for usual in [
        "ls",
        "ls *",
        "cargo build",
        "git log",
        "git diff",
        "find . -name '*.rs'",
        "cargo test 2>&1 | rg error",
        "ps aux | grep -r x -",
        "cp a b",
        "grep x a.txt",
        "tar xf a.tar",
        "git log -p | head -50",
        "git diff --stat | tail -1",
        "git show HEAD:src/a.rs | sed -n 1,20p",
        "git log --oneline | grep fix",
    ] {
        let found = reaches(usual);
        assert!(found.iter().all(|(_, below)| below == "*"), "{usual}: {found:?}");
    }
}

#[test]
fn what_may_be_a_file_is_named_where_it_stands() {
    for (command, path) in [
        ("echo .env | xargs cat", ".env"),
        ("git show HEAD:.env", ".env"),
        ("git show :0:keys/a", "keys/a"),
        ("git log -p -- keys", "keys"),
        ("git log -p keys", "keys"),
        ("git diff HEAD~1 .env", ".env"),
        ("cd a && git show HEAD:./x.md", "a/./x.md"),
        ("python3 -c \"print(open('.env').read())\"", ".env"),
        ("python3 - <<'E'\nopen('keys/a')\nE", "keys/a"),
        ("cd a && node -e \"read('keys/a')\"", "a/keys/a"),
        ("python3 -c \"Path.home()/'diary'/'x'\"", "~/diary"),
        ("node -e \"read(process.env.HOME + '/diary/x')\"", "~/diary/x"),
        ("node -e 'read(`${os.homedir()}/diary/x`)'", "~/diary/x"),
        ("cat $(git ls-files '*.pem')", "."),
        ("dd if=.env", ".env"),
        ("curl -F file=@.env http://localhost/a", ".env"),
        ("curl -d@keys/a http://localhost/a", "keys/a"),
        ("docker build --secret id=x,src=.env .", ".env"),
        ("su -c 'cat .env'", ".env"),
        ("tmux send-keys 'cat .env' Enter", ".env"),
        ("echo 'cat .env' | bash", ".env"),
        ("pwsh -c 'Get-Content .env'", ".env"),
        ("npx dotenv-cli -e .env -- x", ".env"),
        ("git log -L1,5:.env", ".env"),
        ("git grep KEY HEAD -- keys", "keys"),
        ("psql <<E\n\\copy t from 'keys/a'\nE", "keys/a"),
        ("cat <<E keys/a\nE", "keys/a"),
        ("mytool --env-file=.env", ".env"),
        ("mytool --config=./../x", "./../x"),
        ("mytool --config=a/../../x", "a/../../x"),
    ] {
        assert!(names(command, path), "{command}: {:?}", mentions(command));
    }
}

/// Names that read as paths count only where something stands there.
#[test]
fn what_nobody_knows_is_given_names_nothing_for_sure() {
    for command in [
        "docker push ghcr.io/acme/api:2.32.0",
        "docker pull ghcr.io/acme/api",
        "gh api repos/acme/api/pulls",
        "go test ./...",
        "npm run build:a/b",
        "git checkout -b fix/a",
        "git log -S'a/b' --oneline",
    ] {
        let found = mentions(command);
        // An address is nowhere on this machine.
        let is_sure = |m: &&Mention| {
            !m.guess && m.path.contains(char::is_alphabetic) && !m.path.contains("://")
        };
        assert_eq!(found.iter().find(is_sure), None, "{command}");
    }
}

#[test]
fn a_name_with_blanks_or_signs_counts_where_something_stands() {
    for (command, path) in [
        ("cat 'my notes/may.md'", "my notes/may.md"),
        ("cat a@b/may.md", "a@b/may.md"),
        ("cat 2026/05", "2026/05"),
        ("cp 'x=1, (2)/a' .", "x=1, (2)/a"),
    ] {
        let found = mentions(command);
        assert!(found.iter().any(|m| m.guess && m.path == path), "{command}: {found:?}");
    }
    let found = mentions("cat 'my notes'/*.md");
    let is_it = |m: &Mention| m.guess && m.path == "my notes" && m.reach != Reach::Alone;
    assert!(found.iter().any(is_it), "{found:?}");
}

#[test]
fn separators_letters_and_texts_are_no_paths() {
    for (command, path) in [
        ("awk -F/ '{print $2}' a.csv", "/"),
        ("cut -d/ -f2 a.csv", "/"),
        ("sort -t/ -k2 a.csv", "/"),
        ("column -s/ -t a.csv", "/"),
        ("tar czf out.tgz src", "czf"),
        ("tar xzf in.tgz", "xzf"),
        ("sqlite3 a.db .schema", ".schema"),
        ("git log --grep='../x' --oneline", "../x"),
    ] {
        let found = mentions(command);
        let is_it =
            |m: &&Mention| !m.guess && m.path.trim_end_matches('/') == path.trim_end_matches('/');
        assert_eq!(found.iter().find(is_it), None, "{command}");
    }
    assert!(names("tar czf ../out.tgz src", "../out.tgz") && names("tar -czf a ../x", "../x"));
}

#[test]
fn who_goes_home_is_there_once_something_runs() {
    for command in [
        "cd ~ && ls",
        "cd; cat x",
        "cd ~",
        "cd $HOME && make",
        "cd ~; which a; find . -name b",
        "df -h; cd ~; git status",
    ] {
        assert!(names(command, "~"), "{command}: {:?}", mentions(command));
    }
    for command in [
        "cd ~ && which a",
        "cd ~ && node --version",
        "(cd ~; type a)",
        "pwd; cd ~; pwd",
        "cd ~ && cd /tmp && ls",
        "df -h ~",
        "du -sh ~",
        "du -sh ~/.cache ~",
    ] {
        assert!(!names(command, "~"), "{command}: {:?}", mentions(command));
    }
    for command in ["du -h ~", "du -ah ~", "du -sh ~/*"] {
        assert!(names(command, "~"), "{command}: {:?}", mentions(command));
    }
}

#[test]
fn variables_are_resolved_where_something_says_them() {
    let unknown = |command: &str| {
        mentions(command).into_iter().filter_map(|mention| mention.unknown).collect::<Vec<_>>()
    };
    assert!(names("cat $HOME/x", "~/x") && names("cat \"$PWD\"/x", "./x"));
    assert!(names("cd /a && cd /b && cat $OLDPWD/x", "/a/x"));
    assert!(names("cd /a; cd /b; cd -; cat x", "/a/x"));
    assert!(names("cd /a && T=$(pwd) && cat $T/x", "/a/x"));
    assert!(names("cat $(git rev-parse --show-toplevel)/x", ":/x"));
    assert_eq!(unknown("cat $NOTES/plan.md"), ["NOTES"]);
    assert_eq!(unknown("cp \"$NOTES\" ."), ["NOTES"]);
    assert_eq!(unknown("cd $NOTES && cat plan.md"), ["NOTES"]);
    assert_eq!(unknown("cd $NOTES && cat *"), ["NOTES"]);
    assert_eq!(unknown("cd $NOTES && git log -p"), ["NOTES"]);
    assert_eq!(unknown("cat $(find / -name x)"), ["$(find /)"]);
    assert_eq!(unknown("for f in $(find / -name x); do cat $f; done"), ["$(find /)"]);
    assert_eq!(unknown("x=$(find / -name x | head -1); cat \"$x\""), ["$(find /)"]);
    assert_eq!(unknown("z notes && cat plan.md"), ["$(z)"]);
    assert_eq!(unknown("cat ${PWD/shared/payroll}/a.md"), ["PWD"]);
    assert!(names("cat ${PWD%/*}/payroll/a.md", "./../payroll/a.md"));
    assert!(names("cat $(dirname \"$PWD\")/payroll/a.md", "./../payroll/a.md"));
    assert!(names("cd $(dirname $(pwd)) && cat payroll/a.md", "./../payroll/a.md"));
    for harmless in [
        "echo $NOTES",
        "ls $NOTES",
        "test -n \"$NOTES\"",
        "cat src/$NAME.rs",
        "for f in $(git ls-files); do cat $f; done",
        "find . -name a | while read -r f; do cat \"$f\"; done",
        "kill $PID",
        "f() { cat \"$1\"; }; f a",
        "find . -name a | xargs -n1 sh -c 'cat \"$1\"' sh",
        "curl -H \"X: $TOKEN\" https://h.example",
    ] {
        assert!(unknown(harmless).is_empty(), "{harmless}: {:?}", unknown(harmless));
    }
}

#[test]
fn nothing_that_is_deep_or_broken_costs_more_than_a_moment() {
    for piece in [
        "(",
        "$(",
        "{",
        "`",
        "\"$(",
        "${a:-",
        "<(",
        "if ",
        "case x in ",
        "<<A\n",
        "bash -c \"",
        "[[ ",
        "$((",
        "a|",
        "a &&",
    ] {
        let text = piece.repeat(4000);
        let _ = mentions(&text);
        let _ = mentions(&format!("{text} cat /p/x"));
    }
}
