//! What was handed out comes back by the ways that `ways.txt` lists, each in a session of Claude Code's and one of
//! Codex'; and what the owner says about the same things is all there.

mod look;
mod own;
mod stand;

use super::place::Transcript;
use super::{PROJECT, bruno, index};
use camille_proto::id::DocumentId;
use camille_testkit::node::TestNode;
use camille_testkit::session::Session;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

/// What a peer wrote: two that tell something, some code, and short lines.
pub(super) const THEIRS: [&str; 4] = [
    "The checkout failed in Lisbon because the lapwing gateway answers 202 before the charge is written, and our \
     retry took that for success.\n\
     A second dunlin request with the same key was therefore booked as a new charge of 48 euros.\n\
     We keep the whimbrel table of open keys for nine days now, and the godwit job removes what was settled.\n\
     Whoever sees the avocet alarm should not press the button but ask Teresa for the turnstone ledger.\n\
     “It” is the sanderling switch that decides: off means that nothing is charged twice.",
    "Die Rechnung wurde doppelt gestellt, weil der Kiebitz-Dienst nach dem Neustart alle offenen Vorgänge noch einmal \
     abholt.\n\
     Seit dem Umzug nach Köln prüft der Rotmilan-Abgleich jede Nacht, ob größere Beträge zweimal vorkommen.\n\
     Der Schlüssel für den Zaunkönig-Schrank liegt bei Jörg, die Liste führt seitdem der Neuntöter.",
    "pub fn settle_bittern(batch: &Batch, ledger: &mut Ledger) -> Result<Receipt, SettleError> {\n    \
         let garganey = batch.lines.iter().filter(|line| !line.is_settled()).map(Line::amount).sum();\n    \
         ledger.book(Account::Smew, garganey).map_err(SettleError::Ledger)?;\n    \
         Ok(Receipt::of(ledger.next_number(), garganey))\n}",
    "vault host: gannet.porto.internal\n\
     quorum is 3 of the fulmar five\n\
     ask Rui about guillemot rent\n\
     razorbill lease ends in May\n\
     kittiwake pays on the 9th\n\
     skua drawer, second floor left\n\
     petrel ring opens the cellar",
];

/// Words that nobody else says.
const WORDS: [&str; 21] = [
    "lapwing",
    "dunlin",
    "whimbrel",
    "godwit",
    "avocet",
    "turnstone",
    "sanderling",
    "kiebitz",
    "rotmilan",
    "zaunkönig",
    "neuntöter",
    "bittern",
    "garganey",
    "smew",
    "gannet",
    "fulmar",
    "guillemot",
    "razorbill",
    "kittiwake",
    "skua",
    "petrel",
];

/// Ways by which of a text too little comes back to be known: the last letters of short lines, and one short line that
/// the person chose as an answer. The numbers are of texts.
const TOO_LITTLE: [(&str, usize); 2] = [("cut-back", 3), ("asked", 3)];

/// Letters in a row that are nobody else's.
const ROW: usize = 24;

/// The names of all ways.
fn ways() -> Vec<&'static str> {
    let lines = include_str!("ways.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_whitespace().next()).collect()
}

/// Two nodes, of which one was told what the other's owner wrote.
async fn told(home: &Path) -> (TestNode, TestNode) {
    let ana = TestNode::start("ana").await.expect("ana starts");
    let node = bruno(home).await;
    let session = THEIRS.iter().fold(
        Session::new("charges").cwd(PROJECT).person("what do we know of it?"),
        |session, text| session.agent(text),
    );
    ana.add(&[session]).await.expect("indexes");
    ana.share(PROJECT).await.expect("shares");
    ana.befriend(&node).await.expect("joins");
    let questions =
        ["lapwing gateway", "Kiebitz-Dienst Neustart", "settle_bittern", "gannet quorum"];
    for (question, theirs) in questions.iter().zip(THEIRS) {
        let found = node.search(question).await.expect("answers").answer.results;
        assert!(found.iter().any(|hit| hit.content == theirs), "{question}: {found:#?}");
    }
    (ana, node)
}

/// Every text and title that the bank of a node has.
async fn everything(node: &TestNode, home: &Path) -> Vec<String> {
    let store = rusqlite::Connection::open(home.join("home/bank/bank.db")).expect("opens");
    let mut statement =
        store.prepare("SELECT id FROM document WHERE deleted = 0").expect("a query");
    let ids = statement.query_map([], |row| row.get::<_, [u8; 16]>(0)).expect("asks");
    let ids: Vec<DocumentId> = ids.map(|id| DocumentId::from_bytes(id.expect("an id"))).collect();
    let mut texts = Vec::new();
    for id in ids {
        let view = node.client().local_document(&id, None).await.expect("a document");
        texts.push(view.content);
        texts.extend(view.metadata.title);
    }
    texts
}

fn letters(text: &str) -> Vec<char> {
    text.to_lowercase().chars().filter(|letter| letter.is_alphabetic()).collect()
}

/// What of the peer's is in a text: a word of theirs, else some letters in a row.
fn theirs_in(text: &str, rows: &HashSet<Vec<char>>) -> Option<String> {
    let letters = letters(text);
    let all: String = letters.iter().collect();
    let word = WORDS.iter().find(|word| all.contains(*word)).map(|word| (*word).to_owned());
    word.or_else(|| {
        letters.windows(ROW).find(|row| rows.contains(*row)).map(|row| row.iter().collect())
    })
}

#[test]
fn sixty_ways_are_listed_and_no_two_are_called_alike() {
    let ways = ways();
    assert!(ways.len() >= 60, "{}", ways.len());
    assert_eq!(ways.iter().collect::<HashSet<_>>().len(), ways.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn by_none_of_sixty_ways_does_it_come_back() {
    let home = tempfile::tempdir().expect("a directory");
    let (_ana, node) = told(home.path()).await;
    let dir = home.path().join("agents");
    let mut written = BTreeMap::new();
    for way in ways() {
        for begin in [Transcript::claude, Transcript::codex] {
            let name = format!("{way} {}", written.len());
            let begun = begin(&name);
            let texts = THEIRS.iter().enumerate();
            let texts = texts.filter(|(at, _)| !TOO_LITTLE.contains(&(way, *at)));
            let filled = texts.fold(begun, |session, (_, theirs)| match look::look(way, theirs) {
                Some(shown) => session.shown(&shown),
                None => stand::stand(way, session, theirs),
            });
            filled.write(&dir);
            written.insert(super::place::own_words(&name), name);
        }
    }
    index(&node, &dir).await;
    let rows: HashSet<Vec<char>> = THEIRS
        .iter()
        .flat_map(|text| letters(text).windows(ROW).map(<[char]>::to_vec).collect::<Vec<_>>())
        .collect();
    let texts = everything(&node, home.path()).await;
    let came: Vec<String> = texts
        .iter()
        .filter_map(|text| theirs_in(text, &rows).map(|what| format!("[{what}] {text}")))
        .collect();
    assert!(came.is_empty(), "{} came back:\n{}", came.len(), came.join("\n--\n"));
    let all: HashSet<&str> = texts.iter().map(String::as_str).collect();
    for (own, name) in &written {
        assert!(all.contains(own.as_str()), "{name}: one's own words are lost");
    }
    for own in stand::OWN {
        assert!(texts.iter().any(|text| text.contains(own)), "'{own}' is lost");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_500_own_messages_about_it_none_is_lost() {
    let home = tempfile::tempdir().expect("a directory");
    let (_ana, node) = told(home.path()).await;
    let dir = home.path().join("agents");
    let messages = own::messages();
    assert_eq!(messages.len(), 500);
    for (number, ten) in messages.chunks(10).enumerate() {
        let begin = if number % 2 == 0 { Transcript::claude } else { Transcript::codex };
        let session =
            ten.iter().enumerate().fold(begin(&format!("own {number}")), |session, (at, text)| {
                if at % 2 == 0 { session.asks(text) } else { session.answers(text) }
            });
        session.write(&dir);
    }
    index(&node, &dir).await;
    let texts: HashSet<String> = everything(&node, home.path()).await.into_iter().collect();
    let lost: Vec<&String> = messages.iter().filter(|message| !texts.contains(*message)).collect();
    assert!(lost.is_empty(), "{} are lost: {lost:#?}", lost.len());
}
