//! Rules for the keys of clouds and hosting services.

use super::placeholder;
use super::rule::Matcher::Pattern;
use super::rule::{Boundary, Rule, TOKEN};

pub(super) static RULES: &[Rule] = &[
    Rule {
        name: "aws-access-key-id",
        anchors: &["AKIA", "ASIA"],
        matcher: Pattern(r"A[KS]IA[A-Z0-9]{16,}"),
        is_secret: |key| key.len() == 20 && placeholder::is_real(key),
        secret: &[
            concat!("AK", "IAQ3EGRIPUN7XW2LK4"),
            concat!("export AWS_ACCESS_KEY_ID=AS", "IAY34FZKBOKMUTVV7A"),
        ],
        harmless: &["AKIAIOSFODNN7EXAMPLE", "AKIA", "ASIAPACIFIC", "AKIAXXXXXXXXXXXXXXXX"],
        ..TOKEN
    },
    Rule {
        name: "aws-secret-access-key",
        anchors: &[
            "ecret_access_key",
            "ECRET_ACCESS_KEY",
            "ecretAccessKey",
            "ecret-access-key",
            "ecret access key",
            "ecret Access Key",
            "ecret_key",
            "ECRET_KEY",
            "ecretKey",
            "ecret-key",
        ],
        boundary: Boundary::None,
        matcher: Pattern(
            r#"[A-Za-z_ -]{8,16}[\\"']*(?:[ \t]*\[[^\]\n]{0,40}\])?[ \t]*(?:=>|:=|[:=])?[ \t]*[\\"']*([A-Za-z0-9/+]{40,})"#,
        ),
        is_secret: |key| key.len() == 40 && placeholder::is_random(key),
        secret: &[
            concat!("aws_secret_access_key = a8Xq2Lr0vK", "/Zb5TnYw3JpD+7HsGmE1cUoQf9Ri4e"),
            concat!("AWS Secret Access Key [None]: a8Xq2Lr0vK", "/Zb5TnYw3JpD+7HsGmE1cUoQf9Ri4e"),
            concat!("aws.secretKey=a8Xq2Lr0vK", "/Zb5TnYw3JpD+7HsGmE1cUoQf9Ri4e"),
            concat!(r#""SecretAccessKey": "a8Xq2Lr0vK"#, r#"/Zb5TnYw3JpD+7HsGmE1cUoQf9Ri4e""#),
            concat!(
                r#"{\"AWS_SECRET_ACCESS_KEY\":\"a8Xq2Lr0vK"#,
                r#"/Zb5TnYw3JpD+7HsGmE1cUoQf9Ri4e\"}"#
            ),
            concat!(
                "aws configure set aws_secret_access_key a8Xq2Lr0vK",
                "/Zb5TnYw3JpD+7HsGmE1cUoQf9Ri4e"
            ),
        ],
        harmless: &[
            "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY}",
            "secret_access_key: String",
        ],
    },
    Rule {
        name: "aws-session-token",
        anchors: &["IQoJb3JpZ2lu", "FwoGZXIvYXdz"],
        matcher: Pattern(r"[A-Za-z0-9/+=]{100,}"),
        secret: &[concat!(
            "IQoJb3JpZ2lu",
            "X2VjEJr8kQvT1mWc7yH2dL9pA4sZ0xUoB6nRfG3iKeYtJqMhD5wSa8VbC1lPu7XzNg2EoTr4kIvQy9FjHm6dWpUs3LcAx0BtZnOe"
        )],
        ..TOKEN
    },
    Rule {
        name: "google-api-key",
        anchors: &["AIza"],
        matcher: Pattern(r"AIza[0-9A-Za-z_-]{35,}"),
        secret: &[concat!("?key=AI", "zaSyB3kX9qLw2VtR8mZp0YhJcN5dGfE7uAoTs")],
        harmless: &["AIza", "AIzaSyXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"],
        ..TOKEN
    },
    Rule {
        name: "google-oauth-secret",
        anchors: &["GOCSPX-"],
        matcher: Pattern(r"GOCSPX-[A-Za-z0-9_-]{20,}"),
        secret: &[concat!("GOC", "SPX-9dKq3mZx7Lw0RtVb2HyJcN5sGfE8")],
        ..TOKEN
    },
    Rule {
        name: "google-oauth-token",
        anchors: &["ya29.", "1//0"],
        matcher: Pattern(r"(?:ya29\.|1//0)[A-Za-z0-9_-]{30,}"),
        is_secret: placeholder::is_random,
        secret: &[
            concat!("ya", "29.a0AfB_byC7kQ2mXw9LzR4tVh8JpN3dGfYs1uEo6"),
            concat!("1", "//0gK3mQx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo1iYk6"),
        ],
        harmless: &["ya29.example", "http://127.0.0.1//0"],
        ..TOKEN
    },
    Rule {
        name: "azure-storage-key",
        anchors: &["AccountKey=", "SharedAccessKey="],
        boundary: Boundary::None,
        matcher: Pattern(r"[A-Za-z]+=([A-Za-z0-9+/]{40,}={0,2})"),
        is_secret: placeholder::is_random,
        secret: &[concat!(
            "AccountName=a;Account",
            "Key=k3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo1iYk6mXq0Bv==;E=1"
        )],
        harmless: &["AccountKey=<key>;", "SharedAccessKeyName=RootManage"],
    },
    Rule {
        name: "digitalocean-token",
        anchors: &["dop_v1_", "doo_v1_", "dor_v1_"],
        matcher: Pattern(r"do[opr]_v1_[a-f0-9]{64,}"),
        secret: &[concat!(
            "dop_",
            "v1_3f9a1c7be2d04856af7190cb3e5d28647f10b9c2ad83e6547b09f1d2c8a4e635"
        )],
        ..TOKEN
    },
    Rule {
        name: "heroku-key",
        anchors: &["HRKU-"],
        matcher: Pattern(r"HRKU-[A-Za-z0-9_-]{30,}"),
        secret: &[concat!("HR", "KU-3f9a1c7b-e2d0-4856-af71-90cb3e5d2864")],
        ..TOKEN
    },
    Rule {
        name: "vault-token",
        anchors: &["hvs.", "hvb.", "hvr."],
        matcher: Pattern(r"hv[sbr]\.[A-Za-z0-9_-]{24,}"),
        is_secret: placeholder::is_random,
        secret: &[concat!("hv", "s.CAESIJk3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo1i")],
        ..TOKEN
    },
    Rule {
        name: "databricks-token",
        anchors: &["dapi"],
        matcher: Pattern(r"dapi[a-f0-9]{32,}(?:-\d)?"),
        secret: &[concat!("da", "pi3f9a1c7be2d04856af7190cb3e5d2864")],
        harmless: &["dapi", "dapilogger"],
        ..TOKEN
    },
    Rule {
        name: "cloudflare-token",
        anchors: &["cfut_", "cfat_", "cfk_"],
        matcher: Pattern(r"cf(?:ut|at|k)_[A-Za-z0-9]{40,}"),
        secret: &[concat!("cf", "ut_k3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo1iYk6mXq0BvWz2")],
        ..TOKEN
    },
    Rule {
        name: "supabase-key",
        anchors: &["sbp_", "sb_secret_"],
        matcher: Pattern(r"sb(?:p|_secret)_[A-Za-z0-9_-]{30,}"),
        is_secret: placeholder::is_random,
        secret: &[concat!("sb", "p_3f9a1c7be2d04856af7190cb3e5d28647f10b9c2")],
        ..TOKEN
    },
    Rule {
        name: "tailscale-key",
        anchors: &["tskey-"],
        matcher: Pattern(r"tskey-[a-z]+-[A-Za-z0-9]{8,}(?:-[A-Za-z0-9]{16,})?"),
        is_secret: placeholder::is_random,
        secret: &[concat!("ts", "key-auth-kXq7Lw9RtV11CNTRL-b2HyJcN5sGfE8dZpA4uTo1iYk6mXq0Bv")],
        ..TOKEN
    },
];
