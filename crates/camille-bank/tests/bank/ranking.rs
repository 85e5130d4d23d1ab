//! Order: the same question gives the same list however the bank came to be, and what a grant does not see
//! takes no part.

use crate::support::{Dice, ask, at, bank, file, message, only, query, records, titled, tool};
use camille_bank::{
    Bank, FileBatch, LeafAnswer, PartRole, Shared, TitleRank, Visibility, VisibleProject, analyzer,
    ranking,
};
use camille_proto::id::DocumentId;
use camille_proto::statistics::{SessionSample, Statistics};
use camille_proto::vocabulary::{Agent, DocumentType};

/// Sessions of which some repeat records of earlier ones.
fn corpus(dice: &mut Dice, sessions: i64) -> Vec<FileBatch> {
    let mut files: Vec<FileBatch> = Vec::new();
    for number in 0..sessions {
        let name = format!("session-{number:02}");
        let mut parts = dice.session(&name, number * 50, 20);
        if number % 3 == 2 {
            // A fork: it repeats the first lines of another session under its own name.
            let other = &files[usize::try_from(dice.roll(number.unsigned_abs())).unwrap()];
            let mut replayed: Vec<_> =
                other.lines.iter().take(7).flat_map(|line| line.parts.clone()).collect();
            for part in &mut replayed {
                part.session = name.clone();
                part.project = parts[0].project.clone();
            }
            replayed.append(&mut parts);
            parts = replayed;
            for (position, part) in parts.iter_mut().enumerate() {
                part.position = position as u64 * 256;
            }
        }
        files.push(file(&format!("/files/{name}.jsonl"), &parts));
    }
    files
}

const QUESTIONS: [&str; 6] =
    ["w0 w1", "w3", "w17 w40 february", "w250", "tool bash w5", "user \"w1 w2\""];

fn answers(bank: &Bank) -> Vec<LeafAnswer> {
    QUESTIONS.iter().map(|q| ask(&bank.reader(), q)).collect()
}

#[test]
fn the_order_of_files_and_commits_never_shows() {
    let mut dice = Dice(1);
    let mut files = corpus(&mut dice, 12);
    let dir = tempfile::tempdir().unwrap();
    let reference = bank(dir.path(), &files);
    let wanted = answers(&reference);
    assert!(wanted.iter().filter(|a| !a.candidates.is_empty()).count() >= 5);
    for round in 0..6 {
        dice.shuffle(&mut files);
        let dir = tempfile::tempdir().unwrap();
        let mut bank = Bank::open(dir.path()).unwrap();
        for file in &files {
            // Now and then a file comes in pieces with commits between them.
            let cut = usize::try_from(dice.roll(file.lines.len() as u64 + 1)).unwrap();
            let (mut head, mut rest) = (file.clone(), file.clone());
            head.lines.truncate(cut);
            rest.lines.drain(..cut);
            rest.fresh = false;
            bank.ingest(&head).unwrap();
            if dice.roll(2) == 0 {
                bank.commit().unwrap();
            }
            bank.ingest(&rest).unwrap();
        }
        bank.commit().unwrap();
        for (q, (answer, wanted)) in QUESTIONS.iter().zip(answers(&bank).iter().zip(&wanted)) {
            assert_eq!(answer, wanted, "round {round}, question {q}");
        }
    }
}

#[test]
fn merging_segments_and_rebuilding_change_nothing() {
    let mut dice = Dice(2);
    let files = corpus(&mut dice, 24);
    let dir = tempfile::tempdir().unwrap();
    let mut bank = Bank::open(dir.path()).unwrap();
    for file in &files {
        // A commit for each file makes many segments, which are merged in the background.
        bank.ingest(file).unwrap();
        bank.commit().unwrap();
    }
    let wanted = answers(&bank);
    // The same state, laid out otherwise, while readers have looked at it before.
    bank.rebuild(&mut |_| {}).unwrap();
    assert_eq!(answers(&bank), wanted, "after a rebuild of many segments");
    bank.close().unwrap();
    let reopened = Bank::open(dir.path()).unwrap();
    assert_eq!(answers(&reopened), wanted, "after merging");
    reopened.close().unwrap();
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    let mut rebuilt = Bank::open(dir.path()).unwrap();
    rebuilt.commit().unwrap();
    assert_eq!(answers(&rebuilt), wanted, "after the index was lost");
    let reader = rebuilt.reader();
    let mut heard = 0;
    rebuilt.rebuild(&mut |added| heard = added).unwrap();
    assert_eq!(heard, reader.status(&Visibility::Everything).unwrap().documents);
    assert_eq!(answers(&rebuilt), wanted, "after a rebuild");
}

#[test]
fn statistics_are_what_the_texts_say() {
    let mut dice = Dice(3);
    let files = corpus(&mut dice, 6);
    let dir = tempfile::tempdir().unwrap();
    let bank = bank(dir.path(), &files);
    let mut everything = query("user assistant tool");
    everything.candidates = 10_000;
    let all = bank.reader().search(&everything, &Visibility::Everything).unwrap();
    assert_eq!(all.candidates.len() as u64, all.statistics.documents);
    for q in ["w0 w7 w30", "w120"] {
        let mut asked = query(q);
        asked.candidates = 10_000;
        let answer = bank.reader().search(&asked, &Visibility::Everything).unwrap();
        for (at, term) in asked.terms.iter().enumerate() {
            let holds = |text: &str| analyzer::analyze(text).contains(term);
            let df = all.candidates.iter().filter(|f| holds(&f.document.text)).count();
            assert_eq!(answer.statistics.df.body[at], df as u64, "{term}");
        }
        for found in &answer.candidates {
            let measured = analyzer::measure(&found.document.text, &asked.terms);
            assert_eq!(found.features.tf.body, measured.tf);
            assert!(found.score > 0.0);
            assert_eq!(
                found.score.to_bits(),
                ranking::score(&found.features, &answer.statistics).to_bits()
            );
        }
        answer
            .statistics
            .check(
                asked.terms.len(),
                true,
                &answer.candidates.iter().map(|f| &f.features).collect::<Vec<_>>(),
            )
            .unwrap();
    }
}

#[test]
fn an_origin_ranks_several_banks_as_one_would() {
    let mut dice = Dice(4);
    // Without forks: common sessions make the sums differ from the union.
    let files: Vec<FileBatch> = (0..12)
        .map(|n| file(&format!("f{n}"), &dice.session(&format!("s{n}"), n * 50, 20)))
        .collect();
    let dirs: Vec<_> = (0..4).map(|_| tempfile::tempdir().unwrap()).collect();
    let union = bank(dirs[0].path(), &files);
    let parts: Vec<Bank> =
        (0..3).map(|n| bank(dirs[n + 1].path(), &files[n * 4..n * 4 + 4])).collect();
    for q in ["w0 w1 w5", "w33 february", "w2"] {
        let wanted = ask(&union.reader(), q);
        let answers: Vec<LeafAnswer> = parts.iter().map(|p| ask(&p.reader(), q)).collect();
        let mut sum = Statistics::default();
        answers.iter().for_each(|answer| sum.add(&answer.statistics));
        let apart: usize = answers.iter().map(|a| a.statistics.sample.sessions.len()).sum();
        assert_eq!(apart, wanted.statistics.sample.sessions.len());
        let totals = Statistics { sample: SessionSample::default(), ..wanted.statistics.clone() };
        assert_eq!(sum, totals);
        let mut merged: Vec<(f64, DocumentId)> = answers
            .iter()
            .flat_map(|a| &a.candidates)
            .map(|found| (ranking::score(&found.features, &sum), found.document.id))
            .collect();
        merged.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let ten = wanted.candidates.iter().take(10).map(|f| (f.score, f.document.id));
        assert_eq!(merged[..10.min(merged.len())], ten.collect::<Vec<_>>());
    }
}

#[test]
fn filters_never_change_scores() {
    let mut dice = Dice(5);
    let dir = tempfile::tempdir().unwrap();
    let bank = bank(dir.path(), &corpus(&mut dice, 9));
    let mut asked = query("w0 w3");
    asked.candidates = 10_000;
    let all = bank.reader().search(&asked, &Visibility::Everything).unwrap();
    let project = all.candidates[0].document.project.clone();
    let name = project.rsplit('/').next().unwrap();
    asked.filter.project = Some(name.to_uppercase());
    asked.filter.since = Some(at(3));
    asked.filter.until = Some(at(430));
    asked.filter.agent = Some(Agent::ClaudeCode);
    asked.filter.document_type = Some(DocumentType::Transcript);
    let some = bank.reader().search(&asked, &Visibility::Everything).unwrap();
    assert_eq!(some.statistics, all.statistics);
    let passes = |found: &&camille_bank::Found| {
        let d = &found.document;
        (d.project == project || d.own_project == project)
            && d.timestamp.is_some_and(|t| t >= at(3) && t < at(430))
    };
    let wanted: Vec<_> = all.candidates.iter().filter(passes).cloned().collect();
    assert!(!wanted.is_empty() && wanted.len() < all.candidates.len());
    assert_eq!(some.candidates, wanted);
    asked.filter.agent = Some(Agent::Codex);
    assert!(bank.reader().search(&asked, &Visibility::Everything).unwrap().candidates.is_empty());
    asked.filter.agent = None;
    asked.filter.document_type = Some(DocumentType::Code);
    assert!(bank.reader().search(&asked, &Visibility::Everything).unwrap().candidates.is_empty());
}

#[test]
fn phrases_must_occur_literally() {
    let dir = tempfile::tempdir().unwrap();
    let parts = [
        message("s", "a", 0, "Fatal: Unable to create '.git/index.lock': File exists"),
        message("t", "b", 0, "the file that exists is git's index, not a lock"),
        message("u", "c", 0, "see the file_exists_check helper"),
    ];
    let files: Vec<_> = parts.iter().map(|p| file(&p.session, std::slice::from_ref(p))).collect();
    let bank = bank(dir.path(), &files);
    let found = |q: &str| records(&ask(&bank.reader(), q));
    assert_eq!(found("\"index.lock': file exists\""), ["record-a"]);
    assert_eq!(found("\"is git's\" lock"), ["record-b"]);
    assert_eq!(found("\"not a\""), ["record-b"]);
    assert_eq!(found("\"file_exists\""), ["record-c"], "inside a longer identifier");
    assert!(found("\"lock index\"").is_empty());
}

#[test]
fn what_is_not_shared_leaves_no_trace() {
    let dir = tempfile::tempdir().unwrap();
    let mut secret = message("secret", "x", 0, "salary alpha");
    secret.project = "github.com/acme/payroll".into();
    secret.own_project = secret.project.clone();
    let mut aside = message("s", "b", 1, "alpha wage");
    aside.own_project = "github.com/acme/payroll".into();
    let mut bank = Bank::open(dir.path()).unwrap();
    let mut shared =
        file("1", &[message("s", "a", 0, "alpha"), aside, message("s", "c", 2, "beta")]);
    shared.sessions = vec![titled("s", TitleRank::FirstPrompt, "about wages")];
    bank.ingest(&shared).unwrap();
    bank.ingest(&file("2", &[secret])).unwrap();
    bank.commit().unwrap();
    let reader = bank.reader();
    let api = only(&["github.com/acme/api", "github.com/acme/unknown"]);

    let answer = reader.search(&query("alpha wage salary"), &api).unwrap();
    assert_eq!(records(&answer), ["record-a", "record-c"]);
    let statistics = &answer.statistics;
    assert_eq!((statistics.documents, statistics.sessions), (2, 1));
    assert_eq!(statistics.df.body, [1, 0, 0]);
    assert_eq!(statistics.df.context, [2, 0, 0], "hidden neighbours are in no context");
    assert_eq!(statistics.df.session, [1, 0, 0]);
    assert_eq!(statistics.length.body, 4, "role and word of two messages");
    let first = &answer.candidates[0];
    assert_eq!(first.document.after, Some(DocumentId::of_native_key("claude-code", "c")));
    assert_eq!(first.document.title, None, "the title may tell of what is hidden");
    assert_eq!(first.features.length.session, 4);
    for hidden in ["x", "b"] {
        let id = DocumentId::of_native_key("claude-code", hidden);
        assert!(reader.document(&id, &api).unwrap().is_none());
        assert!(reader.document(&id, &Visibility::Everything).unwrap().is_some());
    }
    let id = DocumentId::of_native_key("claude-code", "c");
    let seen = reader.document(&id, &api).unwrap().unwrap();
    assert_eq!(seen.before.len(), 1);

    let nothing = reader.search(&query("alpha"), &Visibility::Shared(Shared::default())).unwrap();
    assert!(nothing.candidates.is_empty());
    assert_eq!(nothing.statistics.documents, 0);
    assert_eq!(nothing.statistics.df.body, [0]);
    let status = reader.status(&api).unwrap();
    assert_eq!((status.documents, status.projects, status.files), (2, 1, 0));
    assert_eq!(status.last_update, Some(at(2)));
}

#[test]
fn what_is_older_than_the_grant_leaves_no_trace() {
    let dir = tempfile::tempdir().unwrap();
    let parts = [
        message("s", "a", 0, "before secret"),
        message("s", "b", 10, "later one"),
        message("s", "c", 11, "later two"),
        message("s", "d", 12, "later three"),
    ];
    let bank = bank(dir.path(), &[file("1", &parts)]);
    let api = "github.com/acme/api".to_owned();
    let visible = Visibility::Shared(Shared {
        projects: vec![VisibleProject { id: api.clone(), from: Some(at(10)) }],
        open: vec![api],
        released: Vec::new(),
        denied: Vec::new(),
        refused: Vec::new(),
        below: Vec::new(),
    });
    let answer = bank.reader().search(&query("secret"), &visible).unwrap();
    assert!(answer.candidates.is_empty());
    assert_eq!(answer.statistics.df.context, [0]);
    let answer = bank.reader().search(&query("later"), &visible).unwrap();
    assert_eq!(answer.candidates.len(), 3);
    assert_eq!(answer.statistics.documents, 3);
    assert_eq!(answer.statistics.df.context, [1], "only the last one's window is all visible");
}

#[test]
fn a_title_is_kept_back_while_the_index_lags() {
    let dir = tempfile::tempdir().unwrap();
    let mut bank = bank(dir.path(), &[file("s", &[message("s", "a", 0, "alpha")])]);
    let shared = only(&["github.com/acme/api"]);
    let mut batch = file("s", &[]);
    (batch.fresh, batch.sessions) = (false, vec![titled("s", TitleRank::Ai, "about alpha")]);
    bank.ingest(&batch).unwrap();
    let title = |bank: &Bank| {
        let answer = bank.reader().search(&query("alpha"), &shared).unwrap();
        answer.candidates[0].document.title.clone()
    };
    assert_eq!(title(&bank).as_deref(), Some("about alpha"));
    let mut hidden = message("s", "b", 1, "beta");
    hidden.own_project = "private".into();
    let mut batch = file("s", &[hidden]);
    (batch.fresh, batch.sessions) = (false, vec![titled("s", TitleRank::Ai, "about beta")]);
    bank.ingest(&batch).unwrap();
    assert_eq!(title(&bank), None, "before the commit");
    bank.commit().unwrap();
    assert_eq!(title(&bank), None, "after it");
}

#[test]
fn a_move_to_a_hidden_project_works_before_the_commit() {
    let dir = tempfile::tempdir().unwrap();
    let mut bank = bank(dir.path(), &[file("1", &[message("s", "a", 5, "alpha")])]);
    let api = only(&["github.com/acme/api"]);
    assert_eq!(bank.reader().search(&query("alpha"), &api).unwrap().candidates.len(), 1);
    let mut earlier = message("s", "b", 1, "beta");
    earlier.project = "github.com/acme/payroll".into();
    let mut batch = file("1", &[earlier]);
    batch.fresh = false;
    bank.ingest(&batch).unwrap();
    assert!(bank.reader().search(&query("alpha"), &api).unwrap().candidates.is_empty());
    bank.commit().unwrap();
    let answer = bank.reader().search(&query("alpha"), &api).unwrap();
    assert_eq!(answer.statistics.documents, 0);
}

#[test]
fn tool_calls_count_less_than_messages() {
    let dir = tempfile::tempdir().unwrap();
    let files = [
        file("1", &[message("s", "a", 0, "user deploy failed")]),
        file("2", &[tool("t", "b", 0, PartRole::Output, "deploy failed")]),
    ];
    let bank = bank(dir.path(), &files);
    assert_eq!(records(&ask(&bank.reader(), "deploy failed")), ["record-a", "record-b"]);
}
