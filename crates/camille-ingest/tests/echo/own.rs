//! What one says oneself about the same things stays to the letter: invented messages, and the prompts of a
//! corpus that `CAMILLE_CORPUS` names.

use super::{THEIRS, known, sifted};
use camille_ingest::echo::{Sifted, Trail, Voice, fingerprints, follow};
use camille_ingest::redact::Redactor;
use camille_ingest::transcript::{Cursor, PartRole, Record, detect, read_line};
use camille_proto::vocabulary::Speaker;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

/// What everybody says: it stands in the peer's texts, and in one's own messages word by word.
const COMMON: [&str; 25] = [
    "error[E0308]: mismatched types",
    "error: could not compile `api` (lib)",
    "permission denied (publickey)",
    "connect ECONNREFUSED 127.0.0.1:5432",
    "FATAL: password authentication failed",
    "lock wait timeout exceeded",
    "nothing to commit, working tree clean",
    "TypeError: undefined is not a function",
    "ModuleNotFoundError: No module named 'app'",
    "CrashLoopBackOff",
    "exit code 137",
    "use std::collections::HashMap;",
    "#[derive(Debug, Clone, PartialEq)]",
    "if err != nil { return err }",
    "SELECT count(*) FROM users",
    "git push --force-with-lease origin",
    "docker compose up -d",
    "npm ci && npm test",
    "cargo test --workspace",
    "export default function App()",
    "try: ... except Exception as e:",
    "please run the tests again",
    "yes, go ahead and commit",
    "as far as I can see",
    "what do you think about it?",
];

/// What the peer and oneself speak about.
const SUBJECTS: [&str; 20] = [
    "the deploy hangs",
    "the migration waits for an exclusive lock",
    "the export leaves an idle transaction open",
    "every statement should have a lock timeout",
    "invoices are rounded twice",
    "the column is numeric(12,4)",
    "the service adds up floating point",
    "the nightly job compares totals",
    "the index is built concurrently",
    "the retry loop swallows the 429",
    "the cache is never invalidated",
    "the session cookie has no SameSite",
    "the upload fails behind the proxy",
    "the worker runs out of memory",
    "the feature flag is read too early",
    "the webhook is sent twice",
    "the tests depend on the time zone",
    "the pool is exhausted under load",
    "the config is parsed before the flags",
    "the lockfile is out of date",
];

/// How one says so.
const SAYINGS: [&str; 25] = [
    "Why is it that {s}? I see `{c}` in the log.",
    "I think {s}, and so we get {c}. Can you look?",
    "{c}\n\nThat is what it prints. My guess is that {s}.",
    "Fixed: {s} no longer. The cause of `{c}` was the order of two calls.",
    "When {s}, do this:\n\n```\n{c}\n```\n\nand look at the time it takes.",
    "Please find out whether {s}; ana said something about {c} last week.",
    "{s}",
    "{c}",
    "No, not {c}. It is that {s}, I am quite sure.",
    "- {s}\n- {c}\n- ask bruno",
    "The plan: 1. see whether {s} 2. write a test for it 3. {c}",
    "> {c}\n\nis what I get since {s}",
    "It works on my machine, though there {s} as well. Here: {c}",
    "Can we have an alert for it when {s}? Something with {c} in its title.",
    "I have read the code: {s} because nobody waits for the answer. See {c}.",
    "Let us first make sure that {s}. Then I run {c} and we shall see.",
    "{c} {c}",
    "Undo that. {s}, but that is on purpose.",
    "What happens if {s} and then `{c}` comes on top of it?",
    "Commit it as: api: do not wait for the export\n\nSince {s}, we saw {c}.",
    "In the second run {s} only once, and {c} was gone.",
    "Two things. First, {s}. Second, {c} should not be a warning.",
    "it's weird, {s} on staging but in production I just get {c}",
    "Write down for the team: if {s}, never do {c} by hand.",
    "{c} is what the docs say, but {s} all the same",
];

/// What the peer said: the same things and the same common words, in sentences of her own.
fn theirs() -> Vec<String> {
    let mut texts: Vec<String> = THEIRS.iter().map(|text| (*text).to_owned()).collect();
    for (at, common) in COMMON.iter().enumerate() {
        let subject = SUBJECTS[at % SUBJECTS.len()];
        texts.push(format!(
            "We have had this in spring: {subject}, and after an hour of looking around it was plain \
             that nobody had asked for number {at}.\n{common}\nwas all that stood there, so I wrote a \
             small test which waits for the second answer and then compares both."
        ));
    }
    texts
}

#[test]
fn of_500_own_messages_about_the_same_things_none_is_lost() {
    let theirs = theirs();
    let known = known(&theirs.iter().map(String::as_str).collect::<Vec<_>>());
    let (mut lost, mut messages) = (Vec::new(), HashSet::new());
    for number in 0..500 {
        let (saying, subject) = (SAYINGS[number % 25], SUBJECTS[(number / 25 + number) % 20]);
        let common = COMMON[(number / 7 + number * 3) % 25];
        let message = saying.replace("{s}", subject).replace("{c}", common);
        if sifted(&message, Voice::Said, &known) != Sifted::Own {
            lost.push(message.clone());
        }
        messages.insert(message);
    }
    assert!(messages.len() > 450, "{} are different", messages.len());
    assert!(lost.is_empty(), "{} are lost:\n{}", lost.len(), lost.join("\n--\n"));
}

#[test]
fn what_is_said_in_a_corpus_is_not_taken_for_what_others_said_there() {
    let Some(corpus) = corpus() else {
        println!("CAMILLE_CORPUS is not set: nothing read");
        return;
    };
    // By folder of the corpus: what was said there, and everything by which it is known again.
    let mut folders: BTreeMap<String, (Vec<String>, HashSet<u64>)> = BTreeMap::new();
    for file in walkdir::WalkDir::new(&corpus).sort_by_file_name().into_iter().flatten() {
        let name = file.path().strip_prefix(&corpus).ok().and_then(|path| path.iter().next());
        let folder = name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let (prompts, prints) = folders.entry(folder).or_default();
        if prompts.len() < 100 && file.file_name().to_string_lossy().ends_with(".jsonl") {
            read(file.path(), &mut |speaker, text| {
                if speaker == Speaker::Person {
                    prompts.push(text.to_owned());
                } else if prints.len() < 10_000 {
                    prints.extend(fingerprints(text));
                }
            });
        }
    }
    let (mut all, mut lost) = (0, Vec::new());
    for (folder, (prompts, _)) in &folders {
        let others: Vec<&HashSet<u64>> = folders
            .iter()
            .filter(|(name, _)| *name != folder)
            .map(|(_, (_, prints))| prints)
            .collect();
        for prompt in prompts {
            all += 1;
            let known = |print| others.iter().any(|prints| prints.contains(&print));
            let parts = camille_ingest::echo::quotations(prompt, Voice::Said, known);
            if let Some(part) = parts.first() {
                lost.push(format!(
                    "{folder}: {}",
                    &prompt[part.clone()].chars().take(90).collect::<String>()
                ));
            }
        }
    }
    println!("{} of {all} prompts are cut:\n{}", lost.len(), lost.join("\n"));
    assert!(lost.len() * 100 <= all, "more than what was copied there");
}

/// What all tools print chains by itself, if its words may be of any text and lie anywhere.
#[test]
fn words_of_several_texts_and_strewn_words_are_no_chain() {
    let words: Vec<&str> = super::between::OWN.to_vec();
    let print = |texts: &[String]| -> BTreeMap<u64, u32> {
        let numbered = texts.iter().zip(0_u32..);
        numbered
            .flat_map(|(text, at)| fingerprints(text).into_iter().map(move |p| (p, at)))
            .collect()
    };
    let shown = |text: &str, known: &BTreeMap<u64, u32>| {
        let theirs = |print| known.get(&print).copied();
        !follow(text, Voice::Shown, 0, &mut Trail::default(), theirs).parts.is_empty()
    };
    // The same words in her order: a list of hers, and four of which each has a few.
    let one = print(&[words.join(" ")]);
    const OTHERS: [&str; 12] = [
        "alpha",
        "bravo",
        "charlie",
        "delta",
        "foxtrot",
        "golf club",
        "hotel",
        "india",
        "juliet",
        "kilo gram",
        "lima",
        "november",
    ];
    let lines = words.chunks(2).zip(OTHERS);
    let text: String = lines.map(|(two, other)| format!("{} {other}\n", two.join(" "))).collect();
    assert!(shown(&text, &one), "{text}");
    let pieces = words.windows(5).step_by(3).map(|some| some.join(" "));
    assert!(!shown(&text, &print(&pieces.collect::<Vec<_>>())), "{text}");
    // Her words in her order, each among many that are not hers.
    let strewn: String = words.iter().enumerate().fold(String::new(), |text, (at, word)| {
        let other = |add: usize| COMMON[(at + add) % COMMON.len()];
        format!("{text}{word} {} {}\n", other(0), other(9))
    });
    assert!(!shown(&strewn, &one), "{strewn}");
}

#[test]
fn what_is_shown_in_a_corpus_is_cut_only_where_it_is_the_same() {
    let Some(corpus) = corpus() else {
        println!("CAMILLE_CORPUS is not set: nothing read");
        return;
    };
    let mut folders: BTreeMap<String, Vec<Vec<(Speaker, String)>>> = BTreeMap::new();
    for file in walkdir::WalkDir::new(&corpus).sort_by_file_name().into_iter().flatten() {
        let name = file.path().strip_prefix(&corpus).ok().and_then(|path| path.iter().next());
        let folder = name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let sessions = folders.entry(folder).or_default();
        if sessions.len() < 12 && file.file_name().to_string_lossy().ends_with(".jsonl") {
            let mut parts = Vec::new();
            read(file.path(), &mut |speaker, text| parts.push((speaker, text.to_owned())));
            parts.retain(|(_, text)| text.len() < 20_000);
            sessions.push(parts);
        }
    }
    let mut known: Vec<(&String, u32, u64)> = Vec::new();
    let mut number = 0;
    for (folder, sessions) in &folders {
        for (_, text) in sessions.iter().flatten() {
            number += 1;
            known.extend(fingerprints(text).into_iter().map(|print| (folder, number, print)));
        }
    }
    let (mut all, mut cut) = ([0; 2], [0; 2]);
    for (folder, sessions) in &folders {
        let others = known.iter().rev().filter(|(of, ..)| *of != folder);
        let others: BTreeMap<u64, u32> = others.map(|(_, text, print)| (*print, *text)).collect();
        for parts in sessions {
            let mut trail = Trail::default();
            for ((speaker, text), part) in parts.iter().zip(0..) {
                let is_tool = *speaker == Speaker::Tool;
                let voice = if is_tool { Voice::Shown } else { Voice::Said };
                let theirs = |print| others.get(&print).copied();
                let found = follow(text, voice, part, &mut trail, theirs);
                all[usize::from(is_tool)] += 1;
                cut[usize::from(is_tool)] += usize::from(!found.parts.is_empty());
            }
        }
    }
    println!("said and shown: {cut:?} of {all:?} are cut");
    assert!(cut[0] * 100 <= all[0], "{cut:?} of {all:?}");
    assert!(
        cut[1] * 10 <= all[1],
        "what is copied from each other, and no more: {cut:?} of {all:?}"
    );
}

#[expect(clippy::disallowed_methods, reason = "the corpus lies outside of the project")]
fn corpus() -> Option<PathBuf> {
    std::env::var_os("CAMILLE_CORPUS").map(|corpus| PathBuf::from(corpus).join("transcripts"))
}

/// What is said in a transcript, by whom.
fn read(path: &Path, said: &mut dyn FnMut(Speaker, &str)) {
    static REDACTOR: std::sync::LazyLock<Redactor> = std::sync::LazyLock::new(Redactor::default);
    let Ok(bytes) = std::fs::read(path) else { return };
    let Ok(Some(agent)) = detect(path, &mut bytes.as_slice()) else { return };
    let mut cursor = Cursor::new(agent, path);
    for line in bytes[..bytes.len().min(1 << 20)].split(|byte| *byte == b'\n') {
        read_line(&mut cursor, &REDACTOR, line, 0, &mut |record| {
            if let Record::Part(part) = record
                && (part.role == PartRole::Text || part.speaker == Speaker::Tool)
            {
                said(part.speaker, &part.text);
            }
        });
    }
}
