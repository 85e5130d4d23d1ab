//! Rules for the keys of model providers.

use super::placeholder;
use super::rule::Matcher::Pattern;
use super::rule::{Boundary, Rule, TOKEN};

pub(super) static RULES: &[Rule] = &[
    Rule {
        name: "anthropic-key",
        anchors: &["sk-ant-"],
        matcher: Pattern(r"sk-ant-[A-Za-z0-9_-]{24,}"),
        secret: &[
            concat!(
                "sk-",
                "ant-api03-k3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo1iYk6mXq0BvWz2CnRg4JtLs8FhUe3Pa7DiQo-AA"
            ),
            concat!("ANTHROPIC_API_KEY=sk-", "ant-oat01-k3Qx7Lw9RtVb2HyJcN5sGfE8dZpA"),
        ],
        harmless: &[
            "sk-ant-...",
            "sk-ant-api03-xxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "sk-ant-your-key-goes-in-here-please",
        ],
        ..TOKEN
    },
    Rule {
        name: "openai-key",
        anchors: &["sk-"],
        matcher: Pattern(
            r"sk-(?:(?:proj|svcacct|admin|service|None)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{32,})",
        ),
        is_secret: placeholder::is_random,
        secret: &[
            concat!("sk-", "k3Qx7Lw9RtVb2HyJcN5sT3BlbkFJGfE8dZpA4uTo1iYk6mXq"),
            concat!(
                "sk-",
                "proj-k3Qx7Lw9RtVb2HyJ_cN5sGfE8dZp-A4uTo1iYk6mXq0BvWz2CnRg4JtLs8FhUe3Pa7DiQo"
            ),
        ],
        harmless: &[
            "task-k3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo1iYk6mXq",
            "sk-folding-cube-of-the-loading-animation",
            "sk-proj-xxxxxxxxxxxxxxxxxxxxxxxx",
            "sk-...",
        ],
        ..TOKEN
    },
    Rule {
        name: "openrouter-key",
        anchors: &["sk-or-"],
        boundary: Boundary::Token,
        matcher: Pattern(r"sk-or-v1-[A-Za-z0-9]{32,}"),
        secret: &[concat!(
            "sk-",
            "or-v1-3f9a1c7be2d04856af7190cb3e5d28647f10b9c2ad83e6547b09f1d2c8a4e635"
        )],
        ..TOKEN
    },
    Rule {
        name: "hugging-face-token",
        anchors: &["hf_"],
        matcher: Pattern(r"hf_[A-Za-z0-9]{30,}"),
        secret: &[concat!("h", "f_kQxLwRtVbHyJcNsGfEdZpAuToiYkmXqBvW")],
        harmless: &["hf_hub_download", "hf_"],
        ..TOKEN
    },
    Rule {
        name: "groq-key",
        anchors: &["gsk_"],
        matcher: Pattern(r"gsk_[A-Za-z0-9]{40,}"),
        secret: &[concat!("gs", "k_k3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo1iYk6mXq0BvWz2CnRg4J")],
        ..TOKEN
    },
    Rule {
        name: "xai-key",
        anchors: &["xai-"],
        matcher: Pattern(r"xai-[A-Za-z0-9]{60,}"),
        secret: &[concat!(
            "xa",
            "i-k3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo1iYk6mXq0BvWz2CnRg4JtLs8FhUe3Pa7DiQok3Qx7Lw9RtVb2H"
        )],
        ..TOKEN
    },
    Rule {
        name: "perplexity-key",
        anchors: &["pplx-"],
        matcher: Pattern(r"pplx-[A-Za-z0-9]{40,}"),
        secret: &[concat!("pp", "lx-3f9a1c7be2d04856af7190cb3e5d28647f10b9c2ad83e654")],
        ..TOKEN
    },
    Rule {
        name: "replicate-token",
        anchors: &["r8_"],
        matcher: Pattern(r"r8_[A-Za-z0-9]{37,}"),
        secret: &[concat!("r", "8_k3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo1iYk6")],
        ..TOKEN
    },
    Rule {
        name: "langsmith-key",
        anchors: &["lsv2_pt_", "lsv2_sk_"],
        matcher: Pattern(r"lsv2_(?:pt|sk)_[a-f0-9]{32,}(?:_[a-f0-9]{10,})?"),
        secret: &[concat!("lsv2", "_pt_3f9a1c7be2d04856af7190cb3e5d2864_7f10b9c2ad")],
        ..TOKEN
    },
];
