//! The inner loops of reading: redaction, and one line of a transcript. Invented text only; nothing is
//! asserted.

use camille_ingest::redact::Redactor;
use camille_ingest::transcript::{Cursor, read_line};
use camille_proto::vocabulary::Agent;
use criterion::{Criterion, Throughput};
use std::hint::black_box;
use std::path::Path;

const SENTENCE: &str = "The watcher never closed its socket: fd_table grew until accept() failed in \
    src/net/listener.rs with --backlog 128. ";

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    redact(&mut criterion);
    read(&mut criterion);
    criterion.final_summary();
}

fn redact(criterion: &mut Criterion) {
    let redactor = Redactor::default();
    let clean = SENTENCE.repeat(200);
    // Made here, so that no scanner of repositories takes it for a real one.
    let secret = format!("{clean} GITHUB_TOKEN=ghp_{} {clean}", "a1B2c3".repeat(6));
    let mut group = criterion.benchmark_group("redact");
    for (name, text) in [("clean", &clean), ("one secret", &secret)] {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| bencher.iter(|| redactor.redact(black_box(text))));
    }
    group.finish();
}

fn read(criterion: &mut Criterion) {
    let redactor = Redactor::default();
    let record = |kind: &str, message: &str| {
        format!(
            "{{\"type\":\"{kind}\",\"uuid\":\"7f0c0000-0000-8000-8000-000000000001\",\
             \"parentUuid\":null,\"sessionId\":\"7f0c0000-0000-8000-8000-000000000000\",\
             \"timestamp\":\"2026-03-02T10:00:00Z\",\"cwd\":\"/home/ana/acme/api\",\
             \"message\":{message}}}"
        )
    };
    let text = SENTENCE.repeat(5);
    let prompt = record("user", &format!("{{\"role\":\"user\",\"content\":\"{text}\"}}"));
    let result = record(
        "user",
        &format!(
            "{{\"role\":\"user\",\"content\":[{{\"type\":\"tool_result\",\
             \"tool_use_id\":\"toolu_1\",\"content\":\"{text}\",\"is_error\":false}}]}}"
        ),
    );
    let mut group = criterion.benchmark_group("read_line");
    for (name, line) in [("prompt", prompt.as_bytes()), ("tool result", result.as_bytes())] {
        group.throughput(Throughput::Bytes(line.len() as u64));
        let mut cursor = Cursor::new(Agent::ClaudeCode, Path::new("invented.jsonl"));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let line = black_box(line);
                let mut keep = |record| drop(black_box(record));
                read_line(&mut cursor, &redactor, line, 0, &mut keep)
            });
        });
    }
    group.finish();
}
