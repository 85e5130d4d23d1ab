//! Rules for the keys of chat, payment and other services, and of camille itself.

use super::placeholder;
use super::rule::Matcher::Pattern;
use super::rule::{Boundary, Rule, TOKEN};

pub(super) static RULES: &[Rule] = &[
    Rule {
        name: "camille-key",
        anchors: &["cml_"],
        matcher: Pattern(r"cml_[A-Za-z0-9]{8}_[A-Za-z0-9]{40,}"),
        secret: &[concat!("cm", "l_a1B2c3D4_k3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo1iYk6mXq0BvWz2CnR")],
        harmless: &["cml_…", "cml_a1B2c3D4"],
        ..TOKEN
    },
    Rule {
        name: "camille-invite",
        anchors: &["camille://join/"],
        matcher: Pattern(r"camille://join/([A-Za-z0-9_=-]{24,})"),
        secret: &[concat!(
            "camille:",
            "//join/eyJ2IjoxLCJwIjoiYWJjZGVmZ2hpamtsbW5vcCIsImsiOiJjbWxfIn0"
        )],
        harmless: &["camille://join/…"],
        ..TOKEN
    },
    Rule {
        name: "slack-token",
        anchors: &[
            "xoxa-", "xoxb-", "xoxc-", "xoxd-", "xoxe-", "xoxe.", "xoxo-", "xoxp-", "xoxr-",
            "xoxs-",
        ],
        matcher: Pattern(r"xox[abcdeoprs][.-][A-Za-z0-9%.-]{18,}"),
        is_secret: placeholder::is_random,
        secret: &[
            concat!("xo", "xb-123456789012-1234567890123-k3Qx7Lw9RtVb2HyJcN5sGfE8"),
            concat!(
                "xo",
                "xp-123456789012-123456789012-123456789012-3f9a1c7be2d04856af7190cb3e5d2864"
            ),
        ],
        harmless: &["xoxb-your-token-goes-in-here", "xoxb-xxxxxxxxxxxx-xxxxxxxxxxxx", "xoxb-..."],
        ..TOKEN
    },
    Rule {
        name: "slack-app-token",
        anchors: &["xapp-"],
        matcher: Pattern(r"xapp-\d-[A-Z0-9]+-\d+-[a-zA-Z0-9]{16,}"),
        secret: &[concat!("xa", "pp-1-A0K3QX7LW9R-1234567890123-3f9a1c7be2d04856af7190cb3e5d2864")],
        ..TOKEN
    },
    Rule {
        name: "slack-webhook",
        anchors: &["hooks.slack.com/"],
        boundary: Boundary::None,
        matcher: Pattern(
            r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9_/-]{20,})",
        ),
        secret: &[concat!(
            "https://hooks.slack",
            ".com/services/T0K3QX7LW/B0RTVB2HY/k3Qx7Lw9RtVb2HyJcN5sGfE8"
        )],
        harmless: &[
            "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
        ],
        ..TOKEN
    },
    Rule {
        name: "discord-webhook",
        anchors: &["/api/webhooks/"],
        boundary: Boundary::None,
        matcher: Pattern(r"/api/webhooks/\d{15,}/([A-Za-z0-9_-]{40,})"),
        secret: &[concat!(
            "https://discord.com/api/web",
            "hooks/123456789012345678/k3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo1iYk6mXq0BvWz2CnRg4J"
        )],
        ..TOKEN
    },
    Rule {
        name: "stripe-key",
        anchors: &["sk_live_", "sk_test_", "rk_live_", "rk_test_"],
        matcher: Pattern(r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,}"),
        secret: &[
            concat!("sk_", "live_51k3Qx7Lw9RtVb2HyJcN5sGfE8"),
            concat!("rk_", "live_51k3Qx7Lw9RtVb2HyJcN5sGfE8"),
            concat!("sk_", "test_51k3Qx7Lw9RtVb2HyJcN5sGfE8"),
        ],
        harmless: &[
            "sk_test_...",
            "sk_live_xxxxxxxxxxxxxxxxxxxxxxxx",
            "pk_live_51k3Qx7Lw9RtVb2HyJcN5sGfE8",
        ],
        ..TOKEN
    },
    Rule {
        name: "stripe-webhook-secret",
        anchors: &["whsec_"],
        matcher: Pattern(r"whsec_[A-Za-z0-9+/]{24,}={0,2}"),
        secret: &[concat!("whs", "ec_k3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo")],
        harmless: &["whsec_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"],
        ..TOKEN
    },
    Rule {
        name: "square-token",
        anchors: &["sq0atp-", "sq0csp-"],
        matcher: Pattern(r"sq0(?:atp|csp)-[A-Za-z0-9_-]{22,}"),
        is_secret: placeholder::is_random,
        secret: &[concat!("sq0", "atp-k3Qx7Lw9RtVb2HyJcN5sGf")],
        ..TOKEN
    },
    Rule {
        name: "shopify-token",
        anchors: &["shpat_", "shpca_", "shppa_", "shpss_"],
        matcher: Pattern(r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32,}"),
        secret: &[concat!("shp", "at_3f9a1c7be2d04856af7190cb3e5d2864")],
        ..TOKEN
    },
    Rule {
        name: "sendgrid-key",
        anchors: &["SG."],
        matcher: Pattern(r"SG\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{39,}"),
        secret: &[concat!(
            "SG",
            ".k3Qx7Lw9RtVb2HyJcN5sGf.E8dZpA4uTo1iYk6mXq0BvWz2CnRg4JtLs8FhUe3Pa7D"
        )],
        ..TOKEN
    },
    Rule {
        name: "linear-key",
        anchors: &["lin_api_", "lin_oauth_"],
        matcher: Pattern(r"lin_(?:api|oauth)_[A-Za-z0-9]{32,}"),
        secret: &[concat!("lin", "_api_k3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo1iYk6mXq")],
        ..TOKEN
    },
    Rule {
        name: "notion-token",
        anchors: &["ntn_", "secret_"],
        matcher: Pattern(r"(?:ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43,})"),
        is_secret: placeholder::is_random,
        secret: &[concat!("nt", "n_123456789k3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo1iYk6")],
        harmless: &["secret_key", "secret_manager_client_factory_implementation_details"],
        ..TOKEN
    },
    Rule {
        name: "figma-token",
        anchors: &["figd_"],
        matcher: Pattern(r"figd_[A-Za-z0-9_-]{36,}"),
        secret: &[concat!("fi", "gd_k3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo1iYk6mXq")],
        ..TOKEN
    },
    Rule {
        name: "grafana-token",
        anchors: &["glsa_", "glc_eyJ"],
        matcher: Pattern(r"(?:glsa_[A-Za-z0-9]{32,}_[a-fA-F0-9]{8}|glc_eyJ[A-Za-z0-9+/=]{32,})"),
        secret: &[concat!("gl", "sa_k3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo_3f9a1c7b")],
        ..TOKEN
    },
    Rule {
        name: "sentry-token",
        anchors: &["sntrys_", "sntryu_"],
        matcher: Pattern(r"sntry[su]_[A-Za-z0-9+/=_-]{60,}"),
        secret: &[concat!(
            "sntr",
            "yu_3f9a1c7be2d04856af7190cb3e5d28647f10b9c2ad83e6547b09f1d2c8a4e635"
        )],
        ..TOKEN
    },
    Rule {
        name: "postman-key",
        anchors: &["PMAK-"],
        matcher: Pattern(r"PMAK-[a-f0-9]{24,}-[a-f0-9]{34,}"),
        secret: &[concat!("PM", "AK-3f9a1c7be2d04856af7190cb-3e5d28647f10b9c2ad83e6547b09f1d2c8")],
        ..TOKEN
    },
    Rule {
        name: "new-relic-key",
        anchors: &["NRAK-"],
        matcher: Pattern(r"NRAK-[A-Z0-9]{27,}"),
        secret: &[concat!("NR", "AK-K3QX7LW9RTVB2HYJCN5SGFE8DZP")],
        ..TOKEN
    },
    Rule {
        name: "telegram-bot-token",
        anchors: &[":AA"],
        boundary: Boundary::None,
        matcher: Pattern(r":(AA[A-Za-z0-9_-]{33,})"),
        is_secret: |token| token.len() == 35 && placeholder::is_random(token),
        secret: &[concat!("TELEGRAM_BOT_TOKEN=1234567890:", "AAFk3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo")],
        harmless: &["12:AA:BB:CC", "integrity: sha512:AAAAB3NzaC1yc2EAAAADAQABAAABgQC"],
    },
    Rule {
        name: "age-secret-key",
        anchors: &["AGE-SECRET-KEY-1"],
        matcher: Pattern(r"AGE-SECRET-KEY-1[A-Z0-9]{50,}"),
        secret: &[concat!(
            "AGE-SECRET",
            "-KEY-1QYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGP3Z8KL7"
        )],
        ..TOKEN
    },
];
