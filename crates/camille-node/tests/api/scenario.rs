//! Plays the scenarios of `scenarios/`: what the API answers to whom, as YAML that anybody can read.
//!
//! A file is a list of steps against a fresh node, on which `/home/ana/acme/api` is shared and
//! `/home/ana/acme/payroll` is not. A step says who asks (`as`) and what (`ask: GET /path`), and what must come
//! back: `status`, `headers` and `body`, each of which may say less than there is. `keep` takes members of the answer
//! for later steps, as `{name}`; `{shared}` and `{private}` are the ids of two documents.

use crate::{BOTH, Fixture};
use axum::body::Body;
use camille_node::listener::Caller;
use camille_proto::grant::Verb;
use camille_proto::id::PeerId;
use http::Request;
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Who {
    /// No key.
    Stranger,
    /// A key that nobody made.
    Liar,
    /// A tool's key that may search and read.
    Tool,
    /// One that may only search.
    Searcher,
    /// One that may only read.
    Reader,
    /// A peer's key, with the certificate of its node.
    Bruno,
    /// The same key, with another certificate.
    Mallory,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// What this step shows, where that isn't plain.
    #[serde(default)]
    why: String,
    #[serde(rename = "as")]
    who: Who,
    /// Method and path.
    ask: String,
    /// Headers that are sent.
    #[serde(default)]
    with: BTreeMap<String, String>,
    /// What is sent, as JSON.
    send: Option<Value>,
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Members that are not named may be anything; lists are whole.
    body: Option<Value>,
    /// JSON pointers to what the body has not.
    #[serde(default)]
    absent: Vec<String>,
    /// What stands nowhere in the body.
    #[serde(default)]
    nowhere: Vec<String>,
    /// Names for members of the answer, by JSON pointers.
    #[serde(default)]
    keep: BTreeMap<String, String>,
}

/// The keys of those who ask.
struct Keys {
    tool: String,
    searcher: String,
    reader: String,
    peer: String,
}

impl Keys {
    async fn made_at(fixture: &Fixture) -> Self {
        let key = async |verbs: &[Verb], peer| fixture.key(verbs, peer).await.0;
        Self {
            tool: key(BOTH, false).await,
            searcher: key(&[Verb::Search], false).await,
            reader: key(&[Verb::Read], false).await,
            peer: key(BOTH, true).await,
        }
    }

    fn of(&self, who: Who) -> (Option<&str>, Option<PeerId>) {
        match who {
            Who::Stranger => (None, None),
            Who::Liar => (Some("cml_nonsense"), None),
            Who::Tool => (Some(&self.tool), None),
            Who::Searcher => (Some(&self.searcher), None),
            Who::Reader => (Some(&self.reader), None),
            Who::Bruno => (Some(&self.peer), Some(PeerId::of_spki(b"bruno"))),
            Who::Mallory => (Some(&self.peer), Some(PeerId::of_spki(b"mallory"))),
        }
    }
}

#[tokio::test]
async fn the_scenarios_play() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api/scenarios");
    let files: BTreeSet<_> = std::fs::read_dir(folder)
        .expect("the scenarios")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert!(files.len() >= 5, "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a scenario");
        let steps: Vec<Step> =
            serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{file:?}: {error}"));
        let fixture = Fixture::new().await;
        let keys = Keys::made_at(&fixture).await;
        let mut kept = BTreeMap::from([
            ("shared".to_owned(), fixture.find("idle transaction").await.to_string()),
            ("private".to_owned(), fixture.find("quetzalcoatl").await.to_string()),
        ]);
        for (at, step) in steps.iter().enumerate() {
            let place = format!("{}, step {}: {} {}", file.display(), at + 1, step.ask, step.why);
            play(&fixture, &keys, step, &mut kept, &place).await;
        }
    }
}

async fn play(
    fixture: &Fixture,
    keys: &Keys,
    step: &Step,
    kept: &mut BTreeMap<String, String>,
    place: &str,
) {
    let mut ask = step.ask.clone();
    for (name, value) in &*kept {
        ask = ask.replace(&format!("{{{name}}}"), value);
    }
    let (method, path) = ask.split_once(' ').unwrap_or_else(|| panic!("{place}: METHOD /path"));
    let (key, certificate) = keys.of(step.who);
    let mut request = Request::builder().method(method).uri(path);
    if let Some(key) = key {
        request = request.header("x-api-key", key);
    }
    for (name, value) in &step.with {
        request = request.header(name, value);
    }
    let body = match &step.send {
        None => Body::empty(),
        Some(sent) => {
            if !step.with.contains_key("content-type") {
                request = request.header("content-type", "application/json");
            }
            Body::from(sent.to_string())
        }
    };
    let mut request = request.body(body).expect("a request");
    request.extensions_mut().insert(Caller { remote: None, certificate });

    let (head, body) = fixture.send(request).await.into_parts();
    let bytes = body.collect().await.expect("a body").to_bytes();
    let text = String::from_utf8_lossy(&bytes);
    assert_eq!(head.status.as_u16(), step.status, "{place}\n{text}");
    for (name, value) in &step.headers {
        let found = head.headers.get(name).and_then(|value| value.to_str().ok());
        assert_eq!(found, Some(value.as_str()), "{place}: {name}");
    }
    let found: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    if let Some(expected) = &step.body {
        holds(&found, expected, "", place);
    }
    for pointer in &step.absent {
        assert_eq!(found.pointer(pointer), None, "{place}: {pointer}");
    }
    for word in &step.nowhere {
        assert!(!text.contains(word.as_str()), "{place}: '{word}' stands in\n{text}");
    }
    for (name, pointer) in &step.keep {
        let value = found.pointer(pointer).unwrap_or_else(|| panic!("{place}: no {pointer}"));
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        kept.insert(name.clone(), value);
    }
}

/// Whether an answer holds what is expected: in objects at least the members named, in lists just as many.
fn holds(found: &Value, expected: &Value, at: &str, place: &str) {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            for (name, expected) in expected {
                let found = found.get(name);
                let found = found.unwrap_or_else(|| panic!("{place}: there is no {at}/{name}"));
                holds(found, expected, &format!("{at}/{name}"), place);
            }
        }
        (Value::Array(found), Value::Array(expected)) => {
            assert_eq!(found.len(), expected.len(), "{place}: {at}\n{found:#?}");
            for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
                holds(found, expected, &format!("{at}/{index}"), place);
            }
        }
        _ => assert_eq!(found, expected, "{place}: {at}"),
    }
}
