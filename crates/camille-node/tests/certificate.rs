//! Certificates that an authority signed: what they spare, what they do not, and that they are renewed while the
//! node answers.

use camille_client::{ClientError, NodeClient, PeerPool, PoolSettings, SearchParams};
use camille_node::identity::Identity;
use camille_node::settings::Settings;
use camille_proto::grant::Grant;
use camille_proto::id::PeerId;
use camille_proto::key::PinnedKey;
use camille_proto::local::{AddPeer, CertificateStatus, KeyRequest};
use camille_proto::query::Query;
use camille_testkit::node::TestNode;
use camille_testkit::session::Session;
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType, IsCa, Issuer,
    KeyPair, SanType,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

const DAY_S: i64 = 86_400;

/// A certificate authority, with an intermediate one that signs for it.
struct Authority {
    root: String,
    intermediate: String,
    signer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let params = |name: &str| {
            let mut params = CertificateParams::default();
            params.distinguished_name.push(DnType::CommonName, name);
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params
        };
        let key = || KeyPair::generate().expect("a key");
        let root_key = key();
        let root = params(name).self_signed(&root_key).expect("a root");
        let issuer = Issuer::new(params(name), root_key);
        let between = format!("{name}, between");
        let signer_key = key();
        let intermediate = params(&between).signed_by(&signer_key, &issuer).expect("one between");
        Self {
            root: root.pem(),
            intermediate: intermediate.pem(),
            signer: Issuer::new(params(&between), signer_key),
        }
    }

    /// What the authority makes of a request, for so many days, after `change`.
    fn sign_with(
        &self,
        request: &str,
        days: i64,
        change: impl FnOnce(&mut CertificateParams),
    ) -> String {
        let mut request = CertificateSigningRequestParams::from_pem(request).expect("a request");
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        let at = |s: i64| epoch + Duration::from_secs(s.try_into().expect("after 1970"));
        let now = Timestamp::now().as_second();
        request.params.not_before = at(now - 10 * DAY_S);
        request.params.not_after = at(now + days * DAY_S);
        change(&mut request.params);
        let signed = request.signed_by(&self.signer).expect("a certificate");
        signed.pem() + &self.intermediate
    }

    fn sign(&self, request: &str, days: i64) -> String {
        self.sign_with(request, days, |_| {})
    }
}

/// The request of the node that these settings will make.
fn request(settings: &Settings) -> String {
    let (home, machine) = (&settings.home, &settings.node.machine);
    let identity = Identity::load_or_create(home, machine, Timestamp::now()).expect("an identity");
    identity.request(&["vpn.example.org".into(), "192.0.2.7".into()]).expect("a request")
}

/// A node that shows what `sign` makes of its request.
async fn node_with(name: &str, sign: impl FnOnce(&str) -> String) -> TestNode {
    TestNode::start_with(name, |settings| {
        let path = settings.home.join("signed.pem");
        let request = request(settings);
        std::fs::write(&path, sign(&request)).expect("writes");
        settings.tls.cert_file = Some(path);
        settings.tls.reload = Duration::from_millis(50);
    })
    .await
    .expect("starts")
}

async fn node_trusting(root: &str) -> TestNode {
    TestNode::start_with("bruno", |settings| {
        let path = settings.home.join("ca.pem");
        std::fs::create_dir_all(&settings.home).expect("a directory");
        std::fs::write(&path, root).expect("writes");
        settings.tls.ca_file = Some(path);
    })
    .await
    .expect("starts")
}

/// A key to a node's bank for whoever uses it first, and where the node is.
async fn key_of(node: &TestNode) -> (PinnedKey, String) {
    let request = KeyRequest { name: "guest".into(), grant: Grant::teammate(), peer: true };
    let key = node.client().create_key(&request).await.expect("a key").key;
    let status = node.client().node_status().await.expect("status");
    (key.parse().expect("a pinned key"), status.listening[0].clone())
}

async fn certificate(node: &TestNode) -> CertificateStatus {
    node.client().node_status().await.expect("status").certificate
}

fn signed_file(node: &TestNode) -> PathBuf {
    node.home().join("home/signed.pem")
}

fn replace(path: &Path, content: &str) {
    let new = path.with_extension("new");
    std::fs::write(&new, content).expect("writes");
    std::fs::rename(new, path).expect("replaces");
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed().as_secs() < 30, "it never came about: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_spares_comparing_fingerprints_and_no_pin() {
    let (company, stranger) = (Authority::new("company"), Authority::new("stranger"));
    let ana = node_with("ana", |request| company.sign(request, 90)).await;
    let shown = certificate(&ana).await;
    assert_eq!(shown.authority.as_deref(), Some("CN=company, between"));
    assert_eq!(shown.problem, None);
    let (key, address) = key_of(&ana).await;

    let bruno = node_trusting(&company.root).await;
    let found = bruno.client().identify(&address).await.expect("somebody answers");
    assert!(found.vouched && found.peer_id == ana.peer_id());
    let other = node_trusting(&stranger.root).await;
    assert!(!other.client().identify(&address).await.expect("somebody answers").vouched);

    // A certificate of the authority does not stand in for the pin.
    let wrong = AddPeer {
        peer_id: PeerId::of_spki(b"eve"),
        addresses: vec![address.clone()],
        key: key.key.clone(),
        name: None,
    };
    let refused = bruno.client().add_peer(&wrong).await;
    assert!(matches!(&refused, Err(ClientError::Problem(p)) if p.status == 409), "{refused:?}");
    let right = AddPeer { peer_id: found.peer_id, ..wrong };
    assert_eq!(bruno.client().add_peer(&right).await.expect("is added").peer_id, ana.peer_id());

    // What the authority signed for somebody else, or for nobody, says nothing.
    let not_hers = format!("camille:{}", PeerId::of_spki(b"eve"));
    let changes: [&dyn Fn(&mut CertificateParams); 3] = [
        &|params| params.subject_alt_names.retain(|name| !matches!(name, SanType::URI(_))),
        &|params| {
            params.subject_alt_names.retain(|name| !matches!(name, SanType::URI(_)));
            params.subject_alt_names.push(SanType::URI(not_hers.clone().try_into().expect("URI")));
        },
        &|params| params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::CodeSigning],
    ];
    for change in changes {
        let ana = node_with("ana", |request| company.sign_with(request, 90, change)).await;
        assert!(certificate(&ana).await.authority.is_some());
        let (_, address) = key_of(&ana).await;
        assert!(!bruno.client().identify(&address).await.expect("somebody answers").vouched);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_cannot_be_shown_is_told_and_leaves_the_node_in_reach() {
    let company = Authority::new("company");
    let elsewhere = tempfile::tempdir().expect("a directory");
    let others = request(&Settings::new(elsewhere.path().to_owned(), "x".into()));
    type Sign<'a> = &'a dyn Fn(&str) -> String;
    let cases: [(Sign<'_>, &str); 4] = [
        (&|request| company.sign(request, -1), "ended on"),
        (&|_| company.sign(&others, 90), "another key"),
        (&|_| "nothing".into(), "no certificate in PEM"),
        (&|_| company.root.clone(), "another key"),
    ];
    for (sign, reason) in cases {
        let ana = node_with("ana", sign).await;
        let shown = certificate(&ana).await;
        assert_eq!(shown.authority, None);
        let problem = shown.problem.expect("a problem");
        assert!(problem.contains(reason) && problem.contains("signed.pem"), "{problem}");
        let bruno = TestNode::start("bruno").await.expect("starts");
        ana.befriend(&bruno).await.expect("the pin is all it takes");
        // Once the file is right, it is shown.
        let settings = Settings::new(ana.home().join("home"), "ana".into());
        replace(&signed_file(&ana), &company.sign(&request(&settings), 90));
        until("it is shown", async || certificate(&ana).await.authority.is_some()).await;
        assert_eq!(certificate(&ana).await.problem, None);
        // A worse one is not, and that is news.
        replace(&signed_file(&ana), &sign(&request(&settings)));
        until("it is told", async || certificate(&ana).await.problem.is_some()).await;
        assert!(certificate(&ana).await.authority.is_some(), "the last good one stays");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_renewed_while_the_node_answers() {
    let authorities = [Authority::new("first"), Authority::new("second")];
    let ana = node_with("ana", |request| authorities[0].sign(request, 30)).await;
    let session = Session::new("s").cwd("/srv/api").person("the lock is stuck");
    ana.add(&[session]).await.expect("indexes");
    ana.share("*").await.expect("shares");
    let request = request(&Settings::new(ana.home().join("home"), "ana".into()));
    let key = KeyRequest { name: "load".into(), grant: Grant::teammate(), peer: false };
    let key = ana.client().create_key(&key).await.expect("a key").key;
    let listening = ana.client().node_status().await.expect("status").listening;

    // One caller keeps its connection, four make another one for each question.
    let (stop, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..5 {
        let home = tempfile::tempdir().expect("a directory");
        let identity = Identity::load_or_create(home.path(), "caller", Timestamp::now());
        let identity = identity.expect("an identity");
        let pool = PeerPool::new(identity.own_certificate(), PoolSettings::default());
        let (pool, peer) = (pool.expect("a pool"), ana.peer_id());
        pool.set_addresses(peer, listening.clone());
        let key = key.parse().expect("a key");
        let client = NodeClient::peer(&pool, peer, Some(key));
        let (stop, asked) = (Arc::clone(&stop), Arc::clone(&asked));
        callers.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                if caller > 0 {
                    pool.disconnect(&peer);
                }
                let answer = client.search(&SearchParams::new(Query::new("lock"))).await;
                assert_eq!(answer.expect("an answer").results.len(), 1);
                asked.fetch_add(1, Ordering::Relaxed);
            }
        });
    }

    let bruno = node_trusting(&authorities[1].root).await;
    let vouched = async || bruno.client().identify(&listening[0]).await.expect("answers").vouched;
    for round in 0..6 {
        let before = asked.load(Ordering::Relaxed);
        let by = 1 - round % 2;
        replace(
            &signed_file(&ana),
            &authorities[by].sign(&request, 40 + i64::try_from(round).expect("small")),
        );
        until("new connections see it", async || vouched().await == (by == 1)).await;
        until("the callers go on", async || asked.load(Ordering::Relaxed) > before + 20).await;
    }
    stop.store(true, Ordering::Relaxed);
    while let Some(caller) = callers.join_next().await {
        caller.expect("no question failed");
    }
}
