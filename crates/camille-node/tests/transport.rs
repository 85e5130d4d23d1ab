//! Nobody but the expected peer gets a byte of a key or a question, whatever answers at its address.

mod peer;

use axum::Router;
use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use camille_client::tls::OwnCertificate;
use camille_client::{ClientError, NodeClient, PoolSettings};
use camille_node::impostor::Impostor;
use camille_proto::problem::{PROBLEM_JSON, Problem};
use futures_util::FutureExt;
use peer::{DAY_S, Person, Record, ask, limits, serve, serve_with, some_key, status};
use rustls::HandshakeKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;

/// Nothing was believed and nothing was learned, although it was tried.
fn assert_nothing_reached(impostor: &Impostor) {
    assert!(impostor.attempts() > 0, "it was not even tried");
    assert_eq!(impostor.handshakes(), 0);
    assert_eq!(impostor.application_bytes(), 0);
}

#[tokio::test]
async fn a_peer_answers_and_knows_who_asks() {
    let (ana, bo) = (Person::new(), Person::new());
    let record = Record::default();
    let served = serve(&ana, record.router()).await;
    let pool = bo.pool();
    let answer = ask(&pool, ana.id(), &[served.address]).await.expect("an answer");
    assert_eq!(answer, status());
    let (caller, headers) = record.requests().pop().expect("a request");
    assert_eq!(caller.certificate, Some(bo.id()));
    assert!(caller.remote.is_some_and(|remote| remote.ip().is_loopback()));
    assert_eq!(headers["x-api-key"], some_key().reveal());
    assert_eq!(pool.last_address(&ana.id()), Some(served.address));
}

#[tokio::test]
async fn the_impostors_count_is_right_when_it_is_believed() {
    let (ana, bo) = (Person::new(), Person::new());
    let impostor = Impostor::listen(ana.identity.certificate(), ana.private_key()).await;
    let impostor = impostor.expect("an impostor");
    let pool = bo.pool();
    pool.set_addresses(ana.id(), vec![impostor.address().to_string()]);
    let client = NodeClient::peer(&pool, ana.id(), Some(some_key()));
    let error = client.with_deadline(Duration::from_secs(1)).status().await;
    assert!(matches!(error, Err(ClientError::Timeout { .. })), "{error:?}");
    assert_eq!(impostor.handshakes(), 1);
    assert!(impostor.application_bytes() > 0);
}

#[tokio::test]
async fn another_key_gets_nothing() {
    let (ana, eve, bo) = (Person::new(), Person::new(), Person::new());
    let impostor = Impostor::listen(eve.identity.certificate(), eve.private_key()).await;
    let impostor = impostor.expect("an impostor");
    let error = ask(&bo.pool(), ana.id(), &[impostor.address()]).await.expect_err("refused");
    let ClientError::PinMismatch { expected, presented, address, vouched: false } = &error else {
        panic!("{error:?}");
    };
    assert_eq!((*expected, *presented), (ana.id(), eve.id()));
    assert_eq!(*address, impostor.address().to_string());
    assert!(error.hint().is_some());
    assert!(error.to_string().contains(&eve.id().to_string()));
    assert_nothing_reached(&impostor);
}

#[tokio::test]
async fn a_copied_certificate_gets_nothing() {
    let (ana, bo) = (Person::new(), Person::new());
    let copy = ana.identity.certificate();
    let impostor = Impostor::with_copied_certificate(copy).await.expect("an impostor");
    let error = ask(&bo.pool(), ana.id(), &[impostor.address()]).await.expect_err("refused");
    assert!(
        matches!(&error, ClientError::NotProven { peer, .. } if *peer == ana.id()),
        "{error:?}"
    );
    assert_nothing_reached(&impostor);
}

#[tokio::test]
async fn an_expired_certificate_gets_nothing() {
    let (ana, bo) = (Person::new(), Person::new());
    let expired = ana.certificate(-10 * DAY_S, -DAY_S - 60);
    let impostor = Impostor::listen(expired, ana.private_key()).await.expect("an impostor");
    let error = ask(&bo.pool(), ana.id(), &[impostor.address()]).await.expect_err("refused");
    assert!(matches!(&error, ClientError::Certificate { .. }), "{error:?}");
    assert!(error.to_string().contains("expired"), "{error}");
    assert_nothing_reached(&impostor);
}

#[tokio::test]
async fn clocks_may_differ_by_half_a_day() {
    let (ana, bo) = (Person::new(), Person::new());
    for (from_s, to_s) in [(DAY_S / 2, 10 * DAY_S), (-10 * DAY_S, -DAY_S / 2)] {
        let config = ana.config_with(ana.certificate(from_s, to_s));
        let record = Record::default();
        let served = serve_with(Arc::new(config), record.router(), limits()).await;
        ask(&bo.pool(), ana.id(), &[served.address]).await.expect("an answer");
    }
}

#[tokio::test]
async fn a_client_whose_clock_is_behind_is_let_in_and_an_expired_one_is_not() {
    let (ana, bo) = (Person::new(), Person::new());
    let record = Record::default();
    let served = serve(&ana, record.router()).await;
    for (from_s, to_s, welcome) in [(DAY_S / 2, 10 * DAY_S, true), (-10 * DAY_S, -2 * DAY_S, false)]
    {
        let shown = OwnCertificate::new(vec![bo.certificate(from_s, to_s)], &bo.private_key());
        let shown = shown.expect("they go together");
        let pool = camille_client::PeerPool::new(&shown, PoolSettings::default()).expect("a pool");
        let before = record.count();
        let answer = ask(&pool, ana.id(), &[served.address]).await;
        assert_eq!(answer.is_ok(), welcome, "{answer:?}");
        assert_eq!(record.count() - before, usize::from(welcome));
    }
}

#[tokio::test]
async fn swapped_addresses_are_noticed_and_both_lead_home() {
    let (ana, bo, cleo) = (Person::new(), Person::new(), Person::new());
    let (at_ana, at_bo) = (Record::default(), Record::default());
    let (ana_served, bo_served) =
        (serve(&ana, at_ana.router()).await, serve(&bo, at_bo.router()).await);
    let pool = cleo.pool();
    for (wanted, other, address) in
        [(&ana, &bo, bo_served.address), (&bo, &ana, ana_served.address)]
    {
        let error = ask(&pool, wanted.id(), &[address]).await.expect_err("refused");
        let ClientError::PinMismatch { expected, presented, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!((expected, presented), (wanted.id(), other.id()));
    }
    assert_eq!((at_ana.count(), at_bo.count()), (0, 0), "no request reached the wrong one");
    for wanted in [&ana, &bo] {
        let both = [bo_served.address, ana_served.address];
        ask(&pool, wanted.id(), &both).await.expect("an answer");
    }
    assert_eq!((at_ana.count(), at_bo.count()), (1, 1));
}

#[tokio::test]
async fn a_session_is_never_resumed() {
    let (ana, bo) = (Person::new(), Person::new());
    // rustls' own defaults offer tickets; HTTP/1.1 with `close` makes each call a connection.
    let mut config = ana.config_with(ana.identity.certificate());
    assert!(config.send_tls13_tickets > 0 && config.session_storage.can_cache());
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = async {
        let mut kinds = Vec::new();
        for _ in 0..3 {
            let (tcp, _) = listener.accept().await.expect("a connection");
            let mut stream = acceptor.accept(tcp).await.expect("a handshake");
            kinds.push(stream.get_ref().1.handshake_kind());
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.expect("a head"));
            }
            let json = serde_json::to_string(&status()).expect("JSON");
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{json}",
                json.len()
            );
            stream.write_all(answer.as_bytes()).await.expect("written");
            stream.shutdown().await.expect("closed");
        }
        kinds
    };
    let pool = bo.pool();
    let client = async {
        for _ in 0..3 {
            ask(&pool, ana.id(), &[address]).await.expect("an answer");
        }
    };
    let (kinds, ()) = tokio::join!(server, client);
    assert_eq!(kinds, [Some(HandshakeKind::Full); 3]);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (ana, bo) = (Person::new(), Person::new());
    let target = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let target_address = target.local_addr().expect("an address");
    for scheme in ["http", "https"] {
        let location = format!("{scheme}://{target_address}/api/v1/status");
        let redirect =
            move || async { (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location)]) };
        let served = serve(&ana, Router::new().route("/api/v1/status", get(redirect))).await;
        let error = ask(&bo.pool(), ana.id(), &[served.address]).await.expect_err("refused");
        assert!(matches!(&error, ClientError::Protocol { .. }), "{error:?}");
        assert!(error.to_string().contains("307"), "{error}");
    }
    assert!(target.accept().now_or_never().is_none(), "somebody followed");
}

/// Runs another test of this file in a process whose environment names proxies.
#[tokio::test]
async fn proxy_variables_change_nothing() {
    let proxy = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", proxy.local_addr().expect("an address"));
    let test = std::env::current_exe().expect("this test's own program");
    let mut command = tokio::process::Command::new(test);
    command.args(["--exact", "a_peer_answers_and_knows_who_asks"]);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env(name, &url).env(name.to_lowercase(), &url);
    }
    let output = command.env_remove("NO_PROXY").env_remove("no_proxy").output().await;
    let output = output.expect("the test ran");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    assert!(proxy.accept().now_or_never().is_none(), "the proxy was asked");
}

#[tokio::test]
async fn a_stale_address_costs_no_more_than_its_head_start() {
    let (ana, eve, bo) = (Person::new(), Person::new(), Person::new());
    let served = serve(&ana, Record::default().router()).await;
    let settings = PoolSettings {
        connect_timeout: Duration::from_secs(60),
        stagger: Duration::from_millis(250),
        ..PoolSettings::default()
    };
    // The system completes connections to it, nobody ever answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let silent = silent.local_addr().map(|address| (silent, address)).expect("an address");
    let pool = bo.pool_with(settings);
    let begun = Instant::now();
    ask(&pool, ana.id(), &[silent.1, served.address]).await.expect("an answer");
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(250), "{took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");

    // One that is refused, or is somebody else's, costs not even that.
    let settings = PoolSettings {
        connect_timeout: Duration::from_secs(60),
        stagger: Duration::from_secs(30),
        ..PoolSettings::default()
    };
    let impostor = Impostor::listen(eve.identity.certificate(), eve.private_key()).await;
    let impostor = impostor.expect("an impostor");
    let closed = closed_port().await;
    let begun = Instant::now();
    let addresses = [closed, impostor.address(), served.address];
    ask(&bo.pool_with(settings), ana.id(), &addresses).await.expect("an answer");
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert_nothing_reached(&impostor);
}

async fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    listener.local_addr().expect("an address")
}

#[tokio::test]
async fn names_are_looked_up_and_may_be_wrong() {
    let (ana, bo) = (Person::new(), Person::new());
    let served = serve(&ana, Record::default().router()).await;
    let pool = bo.pool();
    let port = served.address.port();
    pool.set_addresses(ana.id(), vec![format!("localhost:{port}")]);
    NodeClient::peer(&pool, ana.id(), None).status().await.expect("an answer");
    let pool = bo.pool();
    pool.set_addresses(ana.id(), vec!["not a name".into()]);
    let error = NodeClient::peer(&pool, ana.id(), None).status().await.expect_err("no address");
    assert!(matches!(&error, ClientError::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn who_is_not_there_is_told_with_every_address() {
    let (ana, bo) = (Person::new(), Person::new());
    let pool = bo.pool();
    let client = NodeClient::peer(&pool, ana.id(), None);
    let unknown = client.status().await;
    assert!(matches!(unknown, Err(ClientError::NoAddress { .. })), "{unknown:?}");
    let (first, second) = (closed_port().await, closed_port().await);
    let error = ask(&pool, ana.id(), &[first, second]).await.expect_err("nobody there");
    let ClientError::Unreachable { attempts, .. } = &error else {
        panic!("{error:?}");
    };
    let tried: Vec<_> = attempts.iter().map(|attempt| attempt.address.clone()).collect();
    assert_eq!(tried, [first.to_string(), second.to_string()]);
    pool.set_addresses(ana.id(), Vec::new());
    assert!(matches!(client.status().await, Err(ClientError::NoAddress { .. })));
    pool.forget(&ana.id());
    assert!(matches!(client.status().await, Err(ClientError::NoAddress { .. })));
}

#[tokio::test]
async fn answers_are_bounded_and_never_unpacked() {
    let (ana, bo) = (Person::new(), Person::new());
    let endless = || async {
        let chunk: Result<_, std::io::Error> = Ok(vec![b' '; 64 * 1024]);
        Body::from_stream(futures_util::stream::repeat_with(move || match &chunk {
            Ok(chunk) => Ok::<_, std::io::Error>(chunk.clone()),
            Err(error) => Err(error.kind().into()),
        }))
    };
    let packed = || async { ([(header::CONTENT_ENCODING, "gzip")], vec![0x1f, 0x8b]) };
    let router =
        Router::new().route("/api/v1/status", get(endless)).route("/api/v1/info", get(packed));
    let served = serve(&ana, router).await;
    let pool = bo.pool();
    let error = ask(&pool, ana.id(), &[served.address]).await.expect_err("too large");
    assert!(matches!(error, ClientError::TooLarge { limit_bytes: 4_194_304 }), "{error:?}");
    let error = NodeClient::peer(&pool, ana.id(), None).info().await.expect_err("compressed");
    assert!(matches!(error, ClientError::Protocol { .. }), "{error:?}");
}

#[tokio::test]
async fn problems_keep_their_words_and_their_real_status() {
    let (ana, bo) = (Person::new(), Person::new());
    let limited = || async {
        let mut problem = Problem::new(429, "Rate limit exceeded").hint("wait a little");
        problem.status = 200;
        let json = serde_json::to_string(&problem).expect("JSON");
        let headers = [(header::CONTENT_TYPE, PROBLEM_JSON), (header::RETRY_AFTER, "7")];
        (StatusCode::TOO_MANY_REQUESTS, headers, json).into_response()
    };
    let bare = || async { (StatusCode::UNAUTHORIZED, "<html>") };
    let router =
        Router::new().route("/api/v1/status", get(limited)).route("/api/v1/info", get(bare));
    let served = serve(&ana, router).await;
    let pool = bo.pool();
    let error = ask(&pool, ana.id(), &[served.address]).await.expect_err("limited");
    assert_eq!(error.hint().as_deref(), Some("wait a little"));
    assert_eq!(error.outcome(), camille_proto::answer::Outcome::RateLimited);
    let ClientError::Problem(problem) = error else { panic!("{error:?}") };
    assert_eq!((problem.status, problem.retry_after), (429, Some(7)));
    let error = NodeClient::peer(&pool, ana.id(), None).info().await.expect_err("denied");
    assert_eq!(error.outcome(), camille_proto::answer::Outcome::Denied);
    assert_eq!(error.to_string(), "Unauthorized");
}

#[tokio::test]
async fn a_call_has_a_deadline_and_the_next_one_is_not_hurt() {
    let (ana, bo) = (Person::new(), Person::new());
    let hang = || std::future::pending::<()>();
    let record = Record::default();
    let served = serve(&ana, record.router().route("/api/v1/info", get(hang))).await;
    let pool = bo.pool();
    ask(&pool, ana.id(), &[served.address]).await.expect("an answer");
    let client = NodeClient::peer(&pool, ana.id(), None).with_deadline(Duration::from_millis(200));
    let begun = Instant::now();
    let error = client.info().await;
    assert!(matches!(error, Err(ClientError::Timeout { .. })), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(5));
    ask(&pool, ana.id(), &[served.address]).await.expect("an answer");
}

#[tokio::test]
async fn connections_are_few_and_idle_ones_are_closed() {
    let (ana, bo) = (Person::new(), Person::new());
    let settings = PoolSettings {
        idle_timeout: Duration::from_millis(300),
        connections_max: 5,
        ..PoolSettings::default()
    };
    for protocol in ["h2", "http/1.1"] {
        let mut config = ana.config_with(ana.identity.certificate());
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        let crowd = Crowd::listen(config, protocol == "h2").await;
        let pool = bo.pool_with(settings.clone());
        let calls = (0..40).map(|_| ask(&pool, ana.id(), std::slice::from_ref(&crowd.address)));
        for answer in futures_util::future::join_all(calls).await {
            answer.expect("an answer");
        }
        let most = crowd.most.load(Ordering::SeqCst);
        assert!((1..=5).contains(&most), "{most} connections at a time with {protocol}");
        crowd.stop.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(5), crowd.tasks.wait()).await;
        ended.expect("idle connections stay open");
    }
}

/// A server that counts how many connections it has at a time, and whose tasks end with them.
struct Crowd {
    address: SocketAddr,
    most: Arc<AtomicUsize>,
    tasks: TaskTracker,
    stop: tokio_util::sync::CancellationToken,
}

impl Crowd {
    async fn listen(config: rustls::ServerConfig, http2: bool) -> Self {
        use hyper_util::rt::{TokioExecutor, TokioIo};
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let (most, now) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let tasks = TaskTracker::new();
        let stop = tokio_util::sync::CancellationToken::new();
        let (counted, spawner, stopped) = (Arc::clone(&most), tasks.clone(), stop.clone());
        tasks.spawn(async move {
            while let Some(Ok((tcp, _))) = stopped.run_until_cancelled(listener.accept()).await {
                counted.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let (acceptor, now) = (acceptor.clone(), Arc::clone(&now));
                spawner.spawn(async move {
                    let service = hyper::service::service_fn(|_| async {
                        let json = serde_json::to_string(&status()).expect("JSON");
                        Ok::<_, std::convert::Infallible>(http::Response::new(json))
                    });
                    if let Ok(stream) = acceptor.accept(tcp).await {
                        let io = TokioIo::new(stream);
                        // How a connection ends does not matter here, only that it does.
                        let _ = if http2 {
                            hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                                .serve_connection(io, service)
                                .await
                        } else {
                            hyper::server::conn::http1::Builder::new()
                                .serve_connection(io, service)
                                .await
                        };
                    }
                    now.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        tasks.close();
        Self { address, most, tasks, stop }
    }
}
