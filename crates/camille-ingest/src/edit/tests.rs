//! Calls of every tool, and what must not count.

use super::*;

fn edit(path: &str, written: &[&str], replaced: &[&str]) -> Edit {
    let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    Edit { path: path.into(), written: lines(written), replaced: lines(replaced) }
}

#[test]
fn what_only_stands_around_was_not_written() {
    let text =
        "/srv/a.rs\n--- old\nfn a() {\n    one();\n}\n+++ new\nfn a() {\n    two();\n    one();\n}";
    assert_eq!(of_call("Edit", text), [edit("/srv/a.rs", &["two();"], &[])]);
    let text = "a.rs\n--- old\nlet x = 1;\nkept\n+++ new\nkept\nlet x = 2;";
    assert_eq!(of_call("mcp__acp__Edit", text), [edit("a.rs", &["let x = 2;"], &["let x = 1;"])]);
    let text = "a.rs\n--- old\nkept\nkept\n+++ new\nkept";
    assert_eq!(of_call("Edit", text), [edit("a.rs", &[], &["kept"])], "each as often as it stands");
}

#[test]
fn every_tool_yields_the_same_shape() {
    assert_eq!(
        of_call("Write", "/srv/a.go\npackage a\n\n}\nvar x = 1"),
        [edit("/srv/a.go", &["package a", "var x = 1"], &[])]
    );
    assert_eq!(of_call("Edit", "a\n+++ new\nall new"), [edit("a", &["all new"], &[])]);
    assert_eq!(of_call("Edit", "a\n--- old\nall gone"), [edit("a", &[], &["all gone"])]);
    assert_eq!(
        of_call("NotebookEdit", "n.ipynb\n+++ new\nx = 10"),
        [edit("n.ipynb", &["x = 10"], &[])]
    );
    let text = "a\nold_string: first\nstays\nnew_string: second\nstays\nold_string: third";
    assert_eq!(of_call("MultiEdit", text), [edit("a", &["second"], &["first", "third"])]);
    assert_eq!(of_call("Read", "/srv/a.go"), []);
    assert_eq!(of_call("Edit", "/srv/a.go"), []);
}

#[test]
fn patches_are_found_wherever_they_stand() {
    let patch = "*** Begin Patch\n*** Add File: b.rs\n+fn b() {}\n*** Update File: c.rs\n*** Move to: d.rs\n@@ fn c\n \
                 stays\n-old line\n+new line\n*** Delete File: e.rs\n-gone\n*** End Patch";
    let expected = [edit("b.rs", &["fn b() {}"], &[]), edit("d.rs", &["new line"], &["old line"])];
    assert_eq!(of_call("apply_patch", patch), expected);
    assert_eq!(
        of_call("shell", &format!("cd /srv && apply_patch <<'EOF'\n{patch}\nEOF")),
        expected
    );
    assert_eq!(of_call("exec", &format!("tools.apply_patch(`{patch}`)")), expected);
    let string = patch.replace('\n', "\\n");
    assert_eq!(of_call("exec", &format!("tools.apply_patch(\"{string}\\n\")")), expected);
    assert_eq!(
        of_call("apply_patch", "*** Begin Patch\n*** Update File: f\n+tail of it"),
        [edit("f", &["tail of it"], &[])]
    );
}

#[test]
fn here_documents_are_written_to_files() {
    let text = "mkdir -p x && cat > x/a.py <<'EOF'\nimport os\n\nprint(1)\nEOF\ncat <<END | tee -a 'no' \nshown\nEND\n\
                cat <<\"E\" >>\"b c.txt\"\nmore of it\nE\nls 2>/dev/null <<X\nno\nX";
    let expected =
        [edit("x/a.py", &["import os", "print(1)"], &[]), edit("b c.txt", &["more of it"], &[])];
    assert_eq!(of_call("Bash", text), expected);
    assert_eq!(of_call("Bash", "cat > a <<EOF\nwithout an end"), []);
    assert_eq!(of_call("Bash", "echo $((1 << 3)) > a"), []);
}

#[test]
fn nothing_in_a_text_is_too_much() {
    for text in [
        "",
        "\n",
        "*** Begin Patch",
        "*** Begin Patch\\n",
        "é\n+é",
        "<<",
        "<<E\n",
        "<<E\nE",
        "<<'E'\n\nE\né",
    ] {
        for tool in ["Edit", "Write", "MultiEdit", "apply_patch", "Bash", ""] {
            let _ = of_call(tool, text);
        }
    }
}

#[test]
fn lines_that_stand_anywhere_tell_nothing() {
    for line in ["", "}", "});", "  )]}", "if", "---"] {
        assert_eq!(telling(line), None, "{line}");
    }
    assert_eq!(telling("  return x; "), Some("return x;"));
}
