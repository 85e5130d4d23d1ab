//! Rules for what is no one service's: keys in PEM, web tokens, user parts of URLs, headers.

use super::rule::Matcher::{Pattern, Scan};
use super::rule::{Boundary, Rule, TOKEN};
use super::{pem, placeholder, url};

pub(super) static RULES: &[Rule] = &[
    Rule {
        name: "private-key",
        anchors: &["-----BEGIN "],
        boundary: Boundary::None,
        matcher: Scan(pem::find),
        is_secret: |_| true,
        secret: &[
            concat!(
                "-----BEGIN RSA PRIV",
                "ATE KEY-----\nMIIEowIBAAKCAQEAk3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo\n",
                "1iYk6mXq0BvWz2CnRg4JtLs8FhUe3Pa7DiQo\n-----END RSA PRIVATE KEY-----"
            ),
            concat!(
                r#""private_key": "-----BEGIN PRIV"#,
                r"ATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n",
                r#"k3Qx7Lw9RtVb\n-----END PRIVATE KEY-----\n""#
            ),
            concat!(
                "-----BEGIN RSA PRIV",
                "ATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,3F9A1C7B\n\n",
                "MIIEowIBAAKCAQEAk3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo\n1iYk6mXq0BvWz2C"
            ),
            concat!(
                "     1→-----BEGIN OPENSSH PRIV",
                "ATE KEY-----\n     2→b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9u\n",
                "     3→ZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n"
            ),
            concat!("{-----BEGIN PRIV", "ATE KEY-----MIIEvQIBADANBgkqhkiG9w0BAQEFAASCk3Qx7Lw9,"),
        ],
        harmless: &[
            "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
            "grep -rn '-----BEGIN RSA PRIVATE KEY-----' .",
            "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBa\n-----END CERTIFICATE-----",
        ],
    },
    Rule {
        name: "jwt",
        anchors: &["eyJ"],
        boundary: Boundary::Token,
        matcher: Pattern(
            r"eyJ[A-Za-z0-9_-]{12,}\.(?:eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{16,}|[A-Za-z0-9_-]*\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,})",
        ),
        secret: &[concat!(
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
            ".eyJzdWIiOiI0MiIsIm5hbWUiOiJBZGEifQ",
            ".k3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo1iYk6mXq0Bv"
        )],
        harmless: &["eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", "eyJ.eyJ.x"],
        ..TOKEN
    },
    Rule {
        name: "url-password",
        anchors: &["://", r":\/\/"],
        boundary: Boundary::None,
        matcher: Scan(url::find_password),
        is_secret: placeholder::is_password,
        secret: &[
            concat!("postgres://ada:k3Qx", "7Lw9@db.test:5432/app"),
            concat!("redis://:k3Qx", "7Lw9@cache:6379"),
            concat!("mysql://ada:k3@Qx", "7Lw9@10.0.0.7/app"),
            concat!("https://x-access-token:k3Qx", "7Lw9@git.test/acme/site.git"),
            concat!(r"{'url': 'postgres:\/\/ada:k3Qx", r"7Lw9@db.test\/app'}"),
            concat!("postgres://ada:k3Qx#", "7L/w9@db.test/app"),
        ],
        harmless: &[
            "postgres://user:pass@localhost/db",
            "postgres://user:password@localhost/db",
            "postgres://user:${DB_PASSWORD}@localhost/db",
            "postgres://user:$DB_PASSWORD@localhost/db",
            "postgres://user:<password>@localhost/db",
            "https://user:***@host/",
            "https://example.com:8080/@vite/client",
            "http://$HOST:$PORT/@vite/client",
            "https://host:port/@scope/package",
            "ssh://git.test:acme/site.git@main",
            "ssh://git@github.com:22/acme/site.git",
            "docker://nginx:1.25@sha256:3f9a1c7be2d0",
        ],
    },
    Rule {
        name: "url-token",
        anchors: &["://", r":\/\/"],
        boundary: Boundary::None,
        matcher: Scan(url::find_token),
        is_secret: placeholder::is_random,
        secret: &[concat!(
            "https://3f9a1c7be2d04856af71",
            "90cb3e5d28647f10b9c2@git.test/acme/site.git"
        )],
        harmless: &[
            "https://git@github.com/acme/site.git",
            "https://a-long-name-of-somebody@git.test/x",
        ],
    },
    Rule {
        name: "bearer-token",
        anchors: &["Bearer ", "bearer "],
        boundary: Boundary::Word,
        matcher: Pattern(r"[Bb]earer ([A-Za-z0-9_~+/.-]{20,}={0,2})"),
        is_secret: placeholder::is_random,
        secret: &[concat!("Authorization: Bea", "rer k3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo")],
        harmless: &[
            "Authorization: Bearer $TOKEN",
            "Bearer YOUR_ACCESS_TOKEN_GOES_1N_HERE_2",
            "the bearer of-this-very-long-name",
        ],
    },
    Rule {
        name: "basic-auth",
        anchors: &["uthorization: Basic ", "uthorization\": \"Basic ", "uthorization': 'Basic "],
        boundary: Boundary::None,
        matcher: Pattern(r#"[^B]*Basic ([A-Za-z0-9+/]{12,}={0,2})"#),
        secret: &[concat!("-H 'Authorization: Ba", "sic YWRhOmszUXg3THc5UnRWYjI='")],
        harmless: &["Authorization: Basic <credentials>", "Authorization: Basic $CREDENTIALS"],
        ..TOKEN
    },
];
