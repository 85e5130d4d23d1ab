//! Rules for the tokens of code forges and package registries.

use super::placeholder;
use super::rule::Matcher::Pattern;
use super::rule::{Boundary, Rule, TOKEN};

pub(super) static RULES: &[Rule] = &[
    Rule {
        name: "github-token",
        anchors: &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
        matcher: Pattern(r"gh[pousr]_[A-Za-z0-9_]{36,}(?:\.[A-Za-z0-9_-]{8,}){0,2}"),
        secret: &[
            concat!("gh", "p_16C7e42F292c6912E7710c838347Ae178B4a"),
            concat!("gh", "o_16C7e42F292c6912E7710c838347Ae178B4a"),
            concat!("gh", "u_16C7e42F292c6912E7710c838347Ae178B4a"),
            concat!("gh", "s_16C7e42F292c6912E7710c838347Ae178B4a"),
            concat!(
                "TOKEN_gh",
                "r_1B4a2e77838347a7E420ce178F2E7c6912E169246c34E1ccbF66C46812d16D5B1A9Dc86A1498"
            ),
        ],
        harmless: &[
            "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "ghp_",
            "ghs_short",
            "ghp_YOUR_TOKEN_GOES_IN_THIS_VERY_PLACE_NOW_HERE",
        ],
        ..TOKEN
    },
    Rule {
        name: "github-fine-grained-token",
        anchors: &["github_pat_"],
        matcher: Pattern(r"github_pat_[A-Za-z0-9_]{50,}"),
        secret: &[concat!(
            "github_",
            "pat_11ABCDE2Y0k3Qx7Lw9RtVb_2HyJcN5sGfE8dZpA4uTo1iYk6mXq0BvWz2CnRg4JtLs8FhUe3Pa7DiQo"
        )],
        harmless: &[
            "github_pat_",
            "github_pat_11AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ],
        ..TOKEN
    },
    Rule {
        name: "gitlab-token",
        anchors: &[
            "glpat-", "gldt-", "glrt-", "glrtr-", "glcbt-", "glptt-", "glft-", "glimt-",
            "glagent-", "glsoat-", "gloas-", "glffct-", "glwt-",
        ],
        matcher: Pattern(r"gl[a-z]+-[A-Za-z0-9_.-]{20,}"),
        is_secret: placeholder::is_random,
        secret: &[
            concat!("gl", "pat-k3Qx7Lw9RtVb2HyJcN5s"),
            concat!("PRIVATE-TOKEN: gl", "dt-k3Qx7Lw9RtVb2HyJcN5s"),
        ],
        harmless: &["glpat-xxxxxxxxxxxxxxxxxxxx", "glpat-"],
        ..TOKEN
    },
    Rule {
        name: "bitbucket-token",
        anchors: &["ATBB", "ATCTT3x"],
        matcher: Pattern(r"AT(?:BB|CTT3x)[A-Za-z0-9_=-]{28,}"),
        is_secret: placeholder::is_random,
        secret: &[concat!("AT", "BBk3Qx7Lw9RtVb2HyJcN5sGfE8dZpA0A1B2C3D")],
        ..TOKEN
    },
    Rule {
        name: "atlassian-token",
        anchors: &["ATATT3x"],
        matcher: Pattern(r"ATATT3x[A-Za-z0-9_=-]{30,}"),
        secret: &[concat!("AT", "ATT3xFfGF0k3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo1iYk6=0A1B2C3D")],
        ..TOKEN
    },
    Rule {
        name: "npm-token",
        anchors: &["npm_"],
        matcher: Pattern(r"npm_[A-Za-z0-9]{36,}"),
        secret: &[concat!("np", "m_k3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo1iYk")],
        harmless: &[
            "npm_config_registry",
            "npm_lifecycle_event",
            "npm_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        ],
        ..TOKEN
    },
    Rule {
        name: "npm-registry-auth",
        anchors: &[":_authToken=", ":_password=", ":_auth="],
        boundary: Boundary::None,
        matcher: Pattern(r#":_[A-Za-z]+=["']?([^\s"'$\\]{8,})"#),
        secret: &[concat!("//npm.corp.test/:_auth", "Token=3f9a1c7b-e2d0-4856-af71-90cb3e5d2864")],
        harmless: &[
            "//npm.corp.test/:_authToken=${NPM_TOKEN}",
            "//npm.corp.test/:_authToken=YOUR_TOKEN",
        ],
        ..TOKEN
    },
    Rule {
        name: "pypi-token",
        anchors: &["pypi-"],
        matcher: Pattern(r"pypi-[A-Za-z0-9_-]{40,}"),
        is_secret: |token| {
            token.bytes().any(|b| b.is_ascii_uppercase()) && placeholder::is_random(token)
        },
        secret: &[concat!(
            "py",
            "pi-AgEIcHlwaS5vcmcCJGk3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo1iYk6mXq0BvWz2CnRg4JtLs8"
        )],
        harmless: &["pypi-publish", "pypi-the-workflow-that-publishes-all-of-our-packages-2024-01"],
        ..TOKEN
    },
    Rule {
        name: "crates-io-token",
        anchors: &["cio"],
        matcher: Pattern(r"cio[A-Za-z0-9]{32,}"),
        is_secret: placeholder::is_random,
        secret: &[concat!("ci", "ok3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo1")],
        harmless: &["cio", "ciolino"],
        ..TOKEN
    },
    Rule {
        name: "rubygems-key",
        anchors: &["rubygems_"],
        matcher: Pattern(r"rubygems_[a-f0-9]{48,}"),
        secret: &[concat!("ruby", "gems_3f9a1c7be2d04856af7190cb3e5d28647f10b9c2ad83e654")],
        ..TOKEN
    },
    Rule {
        name: "docker-hub-token",
        anchors: &["dckr_pat_", "dckr_oat_"],
        matcher: Pattern(r"dckr_[op]at_[A-Za-z0-9_-]{24,}"),
        secret: &[concat!("dckr", "_pat_k3Qx7Lw9RtVb2HyJcN5sGfE8dZp")],
        ..TOKEN
    },
];
