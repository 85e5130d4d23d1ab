//! Questions on a WebSocket, from the owner and from the holder of a key: hits as each peer answers, then
//! what `GET /search` would have said.

mod peer;

use camille_client::ClientError;
use camille_node::settings::Settings;
use camille_proto::answer::{Answer, Outcome};
use camille_proto::grant::Grant;
use camille_proto::local::AuditQuery;
use camille_proto::local::{KeyRequest, OwnerSearch};
use camille_proto::query::Query;
use camille_proto::stream::{CLOSE_UNAUTHORIZED, Frame, Message, Progress};
use camille_proto::vocabulary::Sharing;
use camille_testkit::lie::Lie;
use camille_testkit::node::TestNode;
use camille_testkit::session::Session;
use camille_testkit::stranger::Stranger;
use futures_util::{SinkExt, StreamExt};
use http::{Request, Response};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, Message as WsMessage};

/// What is surely late.
const LATE: Duration = Duration::from_secs(20);
/// How late a peer of these tests is.
const SLOW: Duration = Duration::from_millis(700);

fn about(name: &str, what: &str) -> Session {
    Session::new(name)
        .cwd("/home/team/api")
        .person(&format!("why does the {what} migration wait for a lock?"))
        .agent("An idle transaction holds the lock; end it first.")
}

async fn node(name: &str, lie: Option<Lie>) -> TestNode {
    let node = match lie {
        Some(lie) => TestNode::start_lying(name, lie, |_| {}).await,
        None => TestNode::start(name).await,
    };
    let node = node.expect("starts");
    node.add(&[about(name, name)]).await.expect("indexes");
    node.share("*").await.expect("shares");
    node
}

/// The one who asks, with a peer that answers at once and one that takes its time.
async fn team() -> (TestNode, [TestNode; 2]) {
    let origin = node("origin", None).await;
    let peers = [node("ana", None).await, node("slow", Some(Lie::Late(SLOW))).await];
    for peer in &peers {
        peer.befriend(&origin).await.expect("joins");
    }
    (origin, peers)
}

fn request(headers: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::builder()
        .uri("ws://localhost/api/v1/stream")
        .header("host", "localhost")
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", tungstenite::handshake::client::generate_key());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).expect("a request")
}

/// One side of a socket.
struct Socket<S>(WebSocketStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    async fn ask(&mut self, question: &str) {
        self.0.send(WsMessage::text(question)).await.expect("sends");
    }

    async fn message(&mut self) -> Message {
        loop {
            let message = tokio::time::timeout(LATE, self.0.next()).await.expect("in time");
            match message.expect("open").expect("reads") {
                WsMessage::Text(text) => return serde_json::from_str(&text).expect("a message"),
                WsMessage::Ping(_) | WsMessage::Pong(_) => {}
                other => panic!("not a message of camille: {other:?}"),
            }
        }
    }

    /// The hits on the way, then the whole answer.
    async fn answer(&mut self) -> (Vec<Progress>, Answer) {
        let mut progress = Vec::new();
        loop {
            match self.message().await.frame {
                Frame::Progress(step) => progress.push(step),
                Frame::Done(answer) => return (progress, answer),
                Frame::Failed { problem } => panic!("{problem:?}"),
            }
        }
    }

    /// The status and the member that is wrong of a question that fails.
    async fn failure(&mut self) -> (u16, Option<String>) {
        match self.message().await.frame {
            Frame::Failed { problem } => (problem.status, problem.field),
            other => panic!("not a failure: {other:?}"),
        }
    }

    /// The code the socket is closed with.
    async fn closed(&mut self) -> u16 {
        loop {
            let message = tokio::time::timeout(LATE, self.0.next()).await.expect("in time");
            if let WsMessage::Close(frame) = message.expect("a close frame").expect("reads") {
                return frame.expect("a code").code.into();
            }
        }
    }
}

async fn owners(node: &TestNode) -> Socket<UnixStream> {
    let stream = UnixStream::connect(node.socket()).await.expect("connects");
    let (socket, _) = tokio_tungstenite::client_async(request(&[]), stream).await.expect("opens");
    Socket(socket)
}

async fn try_open(
    node: &TestNode,
    headers: &[(&str, &str)],
) -> Result<Socket<TlsStream<TcpStream>>, Box<Response<Option<Vec<u8>>>>> {
    let status = node.client().node_status().await.expect("status");
    let address: SocketAddr = status.listening[0].parse().expect("an address");
    let stream = Stranger::new().connect(address, "http/1.1").await.expect("connects");
    match tokio_tungstenite::client_async(request(headers), stream).await {
        Ok((socket, _)) => Ok(Socket(socket)),
        Err(tungstenite::Error::Http(response)) => Err(response),
        Err(other) => panic!("{other}"),
    }
}

/// A tool's key to everything shared here.
async fn key(node: &TestNode) -> (String, String) {
    let request = KeyRequest { name: "ci".into(), grant: Grant::teammate(), peer: false };
    let created = node.client().create_key(&request).await.expect("creates");
    (created.key, created.view.id.0)
}

fn sources(step: &Progress) -> Vec<&str> {
    let mut sources: Vec<&str> = step.results.iter().map(|hit| hit.source.as_str()).collect();
    sources.sort_unstable();
    sources.dedup();
    sources
}

#[tokio::test(flavor = "multi_thread")]
async fn hits_come_as_peers_answer_and_the_end_is_what_rest_says() {
    let (origin, peers) = team().await;
    let mut socket = owners(&origin).await;
    socket.ask(r#"{"q": "migration lock", "id": "1"}"#).await;
    let (progress, done) = socket.answer().await;
    assert_eq!(sources(&progress[0]), ["local"]);
    assert_eq!(progress[0].coverage.known, 2);
    let last = progress.last().expect("some");
    assert!(last.took_ms >= 700 && last.coverage.answered == 2);
    let without_slow = progress.iter().find(|step| sources(step) == ["local", "peer:ana"]);
    assert!(without_slow.expect("ana's part came alone").took_ms < 700);
    let reported: Vec<&str> =
        progress.iter().flat_map(|step| &step.peers).map(|peer| peer.name.as_str()).collect();
    assert_eq!(reported, ["ana", "slow"], "each is told of once, as it answers");

    let rest = origin.search("migration lock").await.expect("searches").answer;
    assert_eq!(done.results, rest.results);
    assert_eq!((done.partial, done.coverage), (rest.partial, rest.coverage));
    let told = |answer: &Answer| -> Vec<_> {
        answer.peers.iter().map(|peer| (peer.name.clone(), peer.status, peer.hits)).collect()
    };
    assert_eq!(told(&done), told(&rest));

    // The same for the command line, line by line.
    let search = OwnerSearch {
        query: Query::new("migration lock"),
        local: false,
        peers: Vec::new(),
        timeout_ms: None,
    };
    let mut steps = Vec::new();
    let streamed = origin.client().owner_search_stream(&search, |step| steps.push(step)).await;
    assert_eq!(streamed.expect("answers").answer.results, rest.results);
    assert_eq!(sources(&steps[0]), ["local"]);
    let unknown = OwnerSearch { peers: vec!["nobody".into()], ..search };
    match origin.client().owner_search_stream(&unknown, |_| {}).await {
        Err(ClientError::Problem(problem)) => assert_eq!(problem.status, 404),
        other => panic!("{other:?}"),
    }
    for peer in peers {
        peer.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_question_ends_the_one_before() {
    let (origin, _peers) = team().await;
    let mut socket = owners(&origin).await;
    socket.ask(r#"{"q": "migration lock", "id": "first"}"#).await;
    assert_eq!(socket.message().await.id.as_deref(), Some("first"));
    socket.ask(r#"{"q": "idle transaction", "id": "second", "scope": "local"}"#).await;
    let begun = Instant::now();
    loop {
        let message = socket.message().await;
        if message.id.as_deref() == Some("first") {
            assert!(matches!(message.frame, Frame::Progress(_)), "it is not finished");
            continue;
        }
        if let Frame::Done(answer) = message.frame {
            assert_eq!(answer.coverage.known, 0);
            break;
        }
    }
    assert!(begun.elapsed() < SLOW, "nobody waited for the first question's peers");
    // Mistakes are told and end nothing.
    for (question, field) in [
        ("{", None),
        ("[]", None),
        (r#"{"limit": 5}"#, Some("q")),
        (r#"{"q": "a", "limit": 101}"#, Some("limit")),
        (r#"{"q": "a", "colour": "red"}"#, Some("colour")),
        (r#"{"q": ["a"]}"#, Some("q")),
        (r#"{"q": "a", "merge": false}"#, Some("merge")),
    ] {
        socket.ask(question).await;
        assert_eq!(socket.failure().await, (400, field.map(Into::into)), "{question}");
    }
    socket.ask(r#"{"q": "lock", "scope": "local"}"#).await;
    assert_eq!(socket.answer().await.1.results.len(), 2);
    socket.0.send(WsMessage::binary(vec![1])).await.expect("sends");
    assert_eq!(socket.closed().await, 1003);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_opens_it_for_what_it_may_read_and_no_web_page_does() {
    let (origin, _peers) = team().await;
    let (key, _) = key(&origin).await;
    let held = ("x-api-key", key.as_str());
    for (headers, status) in [
        (vec![], 401),
        (vec![("x-api-key", "cml_wrong")], 401),
        (vec![held, ("origin", "https://example.com")], 403),
        (vec![held, ("origin", "null")], 403),
        (vec![held, ("x-forwarded-by", "somebody")], 400),
    ] {
        let refused = try_open(&origin, &headers).await.err().expect("refused");
        assert_eq!(refused.status(), status, "{headers:?}");
    }
    let mut socket = try_open(&origin, &[held]).await.expect("opens");
    socket.ask(r#"{"q": "migration lock"}"#).await;
    let (progress, done) = socket.answer().await;
    assert_eq!(progress.len(), 1, "a key asks this bank only");
    assert_eq!(done.results, progress[0].results);
    assert!(done.results.iter().all(|hit| hit.source == "local") && done.peers.is_empty());
    socket.ask(r#"{"q": "migration lock", "scope": "mesh"}"#).await;
    assert_eq!(socket.failure().await.0, 403);

    let entries = origin.client().audit(&AuditQuery::newest(100)).await.expect("reads");
    let asked: Vec<_> = entries.iter().filter(|entry| entry.event == "search").collect();
    let delivered = asked.iter().find(|entry| entry.status == 200).expect("it stands there");
    assert_eq!(delivered.query.as_deref(), Some("migration lock"));
    assert_eq!(delivered.documents.len(), done.results.len());
    assert!(asked.iter().any(|entry| entry.status == 403));

    // What is private from now on is found no more on the same socket.
    origin.share_as("*", Sharing::Private).await.expect("unshares");
    socket.ask(r#"{"q": "migration lock"}"#).await;
    assert!(socket.answer().await.1.results.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_is_cut_off_within_a_second() {
    let origin = node("origin", None).await;
    let (key, id) = key(&origin).await;
    let mut socket = try_open(&origin, &[("x-api-key", &key)]).await.expect("opens");
    let mut idle = try_open(&origin, &[("x-api-key", &key)]).await.expect("opens");
    socket.ask(r#"{"q": "lock"}"#).await;
    assert!(!socket.answer().await.1.results.is_empty());
    origin.client().revoke_key(&camille_proto::key::KeyId(id)).await.expect("revokes");
    let revoked = Instant::now();
    for socket in [&mut socket, &mut idle] {
        assert_eq!(socket.closed().await, CLOSE_UNAUTHORIZED);
    }
    assert!(revoked.elapsed() < Duration::from_secs(1), "{:?}", revoked.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_on_a_socket_counts_like_any_other() {
    let few = |settings: &mut Settings| settings.limits.search_per_minute = 2;
    let origin = TestNode::start_with("origin", few).await.expect("starts");
    let (key, _) = key(&origin).await;
    let mut socket = try_open(&origin, &[("x-api-key", &key)]).await.expect("opens");
    for _ in 0..2 {
        socket.ask(r#"{"q": "lock"}"#).await;
        socket.answer().await;
    }
    socket.ask(r#"{"q": "lock"}"#).await;
    let Frame::Failed { problem } = socket.message().await.frame else { panic!("refused") };
    assert_eq!(problem.status, 429);
    assert!(problem.retry_after.is_some_and(|seconds| seconds <= 60));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_holds_up_nobody_and_a_stop_says_so() {
    let (origin, _peers) = team().await;
    let mut deaf = owners(&origin).await;
    for _ in 0..200 {
        deaf.ask(r#"{"q": "migration lock", "limit": 100}"#).await;
    }
    let begun = Instant::now();
    let answer = origin.search("migration lock").await.expect("searches").answer;
    assert!(answer.peers.iter().all(|peer| peer.status == Outcome::Ok));
    assert!(begun.elapsed() < LATE / 2);
    let mut socket = owners(&origin).await;
    let (stopped, code) = tokio::join!(tokio::time::timeout(LATE, origin.stop()), socket.closed());
    assert_eq!(code, 1001);
    stopped.expect("stops in time");
}

#[tokio::test(flavor = "multi_thread")]
async fn pings_without_end_close_the_socket_and_a_few_are_answered() {
    let origin = node("origin", None).await;
    let (key, _) = key(&origin).await;
    let mut polite = try_open(&origin, &[("x-api-key", &key)]).await.expect("opens");
    for number in 0..20_u8 {
        polite.0.send(WsMessage::Ping(vec![number].into())).await.expect("sends");
        let pong = WsMessage::Pong(vec![number].into());
        let answered =
            async { while polite.0.next().await.expect("open").expect("reads") != pong {} };
        tokio::time::timeout(LATE, answered).await.expect("in time");
    }
    let mut flood = try_open(&origin, &[("x-api-key", &key)]).await.expect("opens");
    let mut sent = 0;
    let begun = Instant::now();
    // Nothing is read meanwhile, so only what the system keeps for a connection is written before it is cut.
    while flood.0.feed(WsMessage::Ping(vec![7; 125].into())).await.is_ok()
        && flood.0.flush().await.is_ok()
    {
        sent += 1;
        assert!(begun.elapsed() < LATE, "{sent} pings were taken and nobody minds");
    }
    polite.ask(r#"{"q": "lock"}"#).await;
    assert!(!polite.answer().await.1.results.is_empty(), "others go on");
}
