//! What a listener grants to those who connect, and for how long; and the ways to it that are not a peer's.

mod peer;

use axum::body::Body;
use axum::routing::{get, post};
use axum::{Json, Router};
use camille_client::tls::OwnCertificate;
use camille_client::tls::crypto_provider;
use camille_client::{ClientError, NodeClient};
use camille_node::listener::{BindError, Caller, bind_unix, serve_unix};
use camille_node::settings::LimitSettings;
use camille_node::tls::server_config;
use camille_proto::local::{IndexEvent, IndexReport, IndexRequest};
use camille_proto::problem::Problem;
use camille_testkit::stranger::Stranger;
use peer::{Person, Record, Served, ask, limits, serve, serve_with, status};
use rustls::HandshakeKind;
use rustls::sign::CertifiedKey;
use rustls_pki_types::{PrivateKeyDer, ServerName};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The deadline under test, and what is surely later but still shorter than the next deadline.
const SHORT: Duration = Duration::from_millis(300);
const LATE: Duration = Duration::from_secs(8);

fn short_limits() -> LimitSettings {
    LimitSettings {
        handshake_timeout: SHORT,
        header_timeout: SHORT,
        body_timeout: SHORT,
        ..limits()
    }
}

async fn serve_shortly(person: &Person, router: Router) -> Served {
    let config = server_config(&person.identity).expect("a configuration");
    serve_with(config, router, short_limits()).await
}

/// Everything that still comes until the other side closes; how it closes does not matter.
async fn rest(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 1024];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        bytes.extend_from_slice(&buffer[..count]);
    }
    bytes
}

/// The bytes until the other side closes, which has to be about [`SHORT`] after `begun`.
async fn rest_in_time(stream: &mut (impl tokio::io::AsyncRead + Unpin), begun: Instant) -> Vec<u8> {
    let bytes = tokio::time::timeout(LATE, rest(stream)).await.expect("still open");
    assert!(begun.elapsed() >= SHORT / 2, "closed before its time: {:?}", begun.elapsed());
    bytes
}

const GET_STATUS: &[u8] =
    b"GET /api/v1/status HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn a_client_without_certificate_is_served_and_hinted_at_ours_only() {
    let ana = Person::new();
    let record = Record::default();
    let served = serve(&ana, record.router()).await;
    let stranger = Stranger::new();
    let mut stream = stranger.connect(served.address, "http/1.1").await.expect("connects");
    stream.write_all(GET_STATUS).await.expect("written");
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&answer));
    let (caller, _) = record.requests().pop().expect("a request");
    assert_eq!(caller.certificate, None);
    let hints = stranger.hints.lock().expect("no panic").clone();
    assert_eq!(hints.len(), 1);
    let organization = b"Camille Memory System";
    assert!(hints[0].ends_with(organization) && hints[0].len() < organization.len() + 20);
}

#[tokio::test]
async fn a_client_with_a_copied_certificate_reaches_nothing() {
    let (ana, bo, eve) = (Person::new(), Person::new(), Person::new());
    let record = Record::default();
    let served = serve(&ana, record.router()).await;
    let key = PrivateKeyDer::from(eve.private_key());
    let key = crypto_provider().key_provider.load_private_key(key).expect("a key");
    let copy = CertifiedKey::new(vec![bo.identity.certificate()], key);
    let stranger = Arc::new(Stranger { shown: Some(Arc::new(copy)), hints: Mutex::default() });
    let mut stream = stranger.connect(served.address, "http/1.1").await.expect("connects");
    // In TLS 1.3 a client is done before the server has judged it.
    let _ = stream.write_all(GET_STATUS).await;
    assert_eq!(rest(&mut stream).await, b"");
    assert_eq!(record.count(), 0);
}

#[tokio::test]
async fn nothing_is_offered_for_resumption() {
    let ana = Person::new();
    let served = serve(&ana, Record::default().router()).await;
    let config = Stranger::new().config("http/1.1").expect("TLS");
    for _ in 0..3 {
        let tcp = TcpStream::connect(served.address).await.expect("a connection");
        let name = ServerName::try_from("localhost").expect("a name");
        let mut stream =
            TlsConnector::from(Arc::clone(&config)).connect(name, tcp).await.expect("a handshake");
        stream.write_all(GET_STATUS).await.expect("written");
        assert!(!rest(&mut stream).await.is_empty());
        assert_eq!(stream.get_ref().1.handshake_kind(), Some(HandshakeKind::Full));
        assert_eq!(stream.get_ref().1.tls13_tickets_received(), 0);
    }
}

#[tokio::test]
async fn a_slow_handshake_is_cut_and_others_are_served_meanwhile() {
    let (ana, bo) = (Person::new(), Person::new());
    let served = serve_shortly(&ana, Record::default().router()).await;
    let begun = Instant::now();
    let mut silent = TcpStream::connect(served.address).await.expect("a connection");
    let mut half = TcpStream::connect(served.address).await.expect("a connection");
    // The start of a record of 512 bytes that never comes.
    half.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01]).await.expect("written");
    ask(&bo.pool(), ana.id(), &[served.address]).await.expect("an answer");
    rest_in_time(&mut silent, begun).await;
    rest_in_time(&mut half, begun).await;
}

#[tokio::test]
async fn a_slow_head_is_cut() {
    let ana = Person::new();
    let record = Record::default();
    let served = serve_shortly(&ana, record.router()).await;
    for (alpn, start) in [
        ("http/1.1", &b""[..]),
        ("http/1.1", b"GET /api/v1/status HTTP/1.1\r\nhost: loc"),
        ("h2", b""),
        ("h2", b"PRI * HTTP/2.0\r\n"),
        // A whole preface and empty settings, then nothing.
        ("h2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"),
    ] {
        let mut stream = Stranger::new().connect(served.address, alpn).await.expect("connects");
        let begun = Instant::now();
        stream.write_all(start).await.expect("written");
        rest_in_time(&mut stream, begun).await;
    }
    assert_eq!(record.count(), 0);
}

#[tokio::test]
async fn a_head_that_drips_is_cut() {
    let ana = Person::new();
    let served = serve_shortly(&ana, Record::default().router()).await;
    let stream = Stranger::new().connect(served.address, "http/1.1").await.expect("connects");
    let begun = Instant::now();
    let (mut reader, mut writer) = tokio::io::split(stream);
    let drip = async {
        let mut tick = tokio::time::interval(SHORT / 10);
        writer.write_all(b"GET / HTTP/1.1\r\nx: ").await.expect("written");
        while writer.write_all(b"x").await.is_ok() && writer.flush().await.is_ok() {
            tick.tick().await;
        }
    };
    tokio::select! {
        _ = rest_in_time(&mut reader, begun) => {}
        () = drip => assert!(begun.elapsed() < LATE),
    }
}

#[tokio::test]
async fn a_slow_body_gets_408() {
    let ana = Person::new();
    let read = |body: Result<Json<Problem>, axum::extract::rejection::JsonRejection>| async move {
        body.map(|_| "read").map_err(|rejection| rejection.status())
    };
    let router = Router::new().route("/submit", post(read));
    let served = serve_shortly(&ana, router).await;
    let mut stream = Stranger::new().connect(served.address, "http/1.1").await.expect("connects");
    let begun = Instant::now();
    let head = b"POST /submit HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
        content-length: 100\r\n\r\n{\"error\"";
    stream.write_all(head).await.expect("written");
    let answer = String::from_utf8(rest_in_time(&mut stream, begun).await).expect("text");
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    let problem: Problem = serde_json::from_str(body).expect("a problem");
    assert_eq!(problem.status, 408);
}

#[tokio::test]
async fn one_address_gets_64_connections_and_the_mute_make_room() {
    let (ana, bo) = (Person::new(), Person::new());
    let served = serve(&ana, Record::default().router()).await;
    let mut open = Vec::new();
    for _ in 0..64 {
        open.push(TcpStream::connect(served.address).await.expect("a connection"));
    }
    let begun = Instant::now();
    let answer = ask(&bo.pool(), ana.id(), &[served.address]).await;
    assert_eq!(answer.expect("a newcomer is let in"), status());
    let closed = tokio::time::timeout(LATE, rest(&mut open[0])).await;
    assert_eq!(closed.expect("still open"), b"", "the oldest made room");
    assert!(begun.elapsed() < Duration::from_secs(2), "not because its time was over");
}

#[tokio::test]
async fn who_says_nothing_is_not_waited_for() {
    let ana = Person::new();
    let served = serve(&ana, Record::default().router()).await;
    let begun = Instant::now();
    let mut mute = TcpStream::connect(served.address).await.expect("a connection");
    let mut half = TcpStream::connect(served.address).await.expect("a connection");
    half.write_all(&[22]).await.expect("written");
    let closed = tokio::time::timeout(LATE, rest(&mut mute)).await;
    assert_eq!(closed.expect("still open"), b"");
    let (waited, patience) = (begun.elapsed(), Duration::from_secs(2));
    assert!(waited >= patience && waited < patience * 3, "{waited:?}");
    let more = tokio::time::timeout(SHORT, half.read(&mut [0])).await;
    assert!(more.is_err(), "who has begun has longer: {more:?}");
}

#[tokio::test]
async fn a_shutdown_lets_running_requests_end_and_takes_no_more() {
    let (ana, bo) = (Person::new(), Person::new());
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (noted, awaited) = (Arc::clone(&begun), Arc::clone(&go_on));
    let slow = move || async move {
        noted.notify_one();
        awaited.notified().await;
        Json(status())
    };
    let served = serve(&ana, Router::new().route("/api/v1/status", get(slow))).await;
    let pool = bo.pool();
    let call = ask(&pool, ana.id(), std::slice::from_ref(&served.address));
    let stop = async {
        begun.notified().await;
        served.shutdown.cancel();
        while TcpStream::connect(served.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        go_on.notify_one();
    };
    let (answer, ()) = tokio::join!(call, stop);
    assert_eq!(answer.expect("an answer"), status());
    tokio::time::timeout(LATE, served.tasks.wait()).await.expect("the listener ends");
}

#[tokio::test]
async fn a_request_that_never_ends_does_not_keep_the_node_up() {
    let (ana, bo) = (Person::new(), Person::new());
    let begun = Arc::new(Notify::new());
    let noted = Arc::clone(&begun);
    let hang = move || async move {
        noted.notify_one();
        std::future::pending::<()>().await;
    };
    let served = serve(&ana, Router::new().route("/api/v1/status", get(hang))).await;
    let pool = bo.pool();
    let call = ask(&pool, ana.id(), std::slice::from_ref(&served.address));
    let stop = async {
        begun.notified().await;
        served.shutdown.cancel();
        tokio::time::timeout(LATE, served.tasks.wait()).await.expect("the listener ends");
    };
    let (answer, ()) = tokio::join!(call, stop);
    assert!(matches!(answer, Err(ClientError::Broken { .. })), "{answer:?}");
}

#[tokio::test]
async fn the_socket_serves_its_owner_and_goes_when_the_node_goes() {
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().join("run/camille.sock");
    let client = NodeClient::unix(&path);
    let nobody = client.status().await;
    assert!(matches!(nobody, Err(ClientError::NoNode { .. })), "{nobody:?}");

    let record = Record::default();
    let listener = bind_unix(&path).expect("a socket");
    let (tasks, shutdown) = (TaskTracker::new(), CancellationToken::new());
    tasks.spawn(serve_unix(listener, record.router(), shutdown.clone()));
    tasks.close();
    assert_eq!(client.status().await.expect("an answer"), status());
    let (caller, headers) = record.requests().pop().expect("a request");
    assert_eq!(caller, Caller { remote: None, certificate: None });
    assert_eq!(headers["host"], "localhost");
    assert!(matches!(bind_unix(&path), Err(BindError::Running { .. })));

    shutdown.cancel();
    tokio::time::timeout(LATE, tasks.wait()).await.expect("the listener ends");
    assert!(!path.exists());
    let nobody = client.status().await;
    assert!(matches!(nobody, Err(ClientError::NoNode { .. })), "{nobody:?}");
}

#[tokio::test]
async fn a_router_is_asked_in_process_and_streams_arrive_in_pieces() {
    let progress = IndexEvent::Progress {
        files_done: 1,
        files_total: 2,
        bytes_done: 3,
        bytes_total: 4,
        documents: 5,
    };
    let done = IndexEvent::Done(IndexReport { files: 2, ..IndexReport::default() });
    let text: String = [&progress, &done]
        .map(|event| format!("{}\n", serde_json::to_string(event).expect("JSON")))
        .concat();
    let run = move |Json(_): Json<IndexRequest>| async move {
        let pieces: Vec<_> = text.as_bytes().chunks(7).map(<[u8]>::to_vec).collect();
        Body::from_stream(futures_util::stream::iter(
            pieces.into_iter().map(Ok::<_, std::convert::Infallible>),
        ))
    };
    let cut = || async { "{\"event\":\"progress\",\"files" };
    let client = NodeClient::in_process(Router::new().route("/local/v1/index", post(run)));
    let mut events = Vec::new();
    let report = client.index(&IndexRequest::default(), |event| events.push(event.clone())).await;
    assert_eq!(report.expect("a report").files, 2);
    assert_eq!(events, [progress, done]);

    let router = Router::new().route("/local/v1/index", post(cut));
    let error = NodeClient::in_process(router).index(&IndexRequest::default(), |_| {}).await;
    assert!(matches!(error, Err(ClientError::Protocol { .. })), "{error:?}");
}

#[test]
fn an_identity_that_does_not_fit_together_is_refused() {
    let (ana, bo) = (Person::new(), Person::new());
    let (hers, his) = (ana.identity.certificate(), bo.identity.certificate());
    let mixed = OwnCertificate::new(vec![hers.clone()], &bo.private_key());
    assert!(mixed.is_err(), "{mixed:?}");
    let own = ana.identity.own_certificate();
    assert!(own.replace(vec![his]).is_err());
    assert_eq!(own.chain(), [hers], "what was there stays");
}
