//! Two repositories, and sessions in one of them that a test writes and reads.

use camille_bank::{Released, SessionName, Shared, Visibility, VisibleProject, place_mark};
use camille_intake::source::Roots;
use camille_intake::{Echo, Intake, ProjectResolver, Scope};
use camille_proto::id::DocumentId;
use camille_proto::vocabulary::Agent;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

pub(crate) const PLAN: &str = "name,base,note\nquince,84000,promoted by medlar after the quarrel of the year\n\
                    rowan,91000,leaves in may says medlar\n";
pub(crate) const ROW: &str = "quince,84000,promoted by medlar after the quarrel of the year";

/// The repository `api`, beside `payroll`, and the transcripts of sessions in `api`.
pub(crate) struct World {
    pub(crate) root: tempfile::TempDir,
    pub(crate) intake: Intake,
    pub(crate) released: Vec<SessionName>,
    minute: u32,
}

impl World {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().expect("a directory");
        for repository in ["api", "payroll"] {
            let repository = root.path().join(repository);
            fs::create_dir_all(repository.join(".git")).expect("makes");
            fs::write(repository.join(".git/HEAD"), "ref: refs/heads/main\n").expect("writes");
            fs::write(repository.join("plan.txt"), PLAN).expect("writes");
        }
        fs::create_dir(root.path().join("sessions")).expect("makes");
        let intake = intake(&root);
        Self { root, intake, released: Vec::new(), minute: 0 }
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.root.path().canonicalize().expect("is there").join(name).display().to_string()
    }

    pub(crate) fn file(&self, session: &str) -> PathBuf {
        self.root.path().join("sessions").join(format!("{session}.jsonl"))
    }

    /// Another process goes on with the same bank.
    pub(crate) fn restart(&mut self) {
        self.intake.release();
        self.intake = intake(&self.root);
    }

    /// Writes a record of a session, a minute later than the last one.
    pub(crate) fn push(&mut self, session: &str, id: &str, role: &str, content: Value) {
        self.minute += 1;
        let mut record = json!({
            "type": role, "uuid": id, "sessionId": session, "cwd": self.path("api"),
            "timestamp": format!("2026-03-02T{:02}:{:02}:00Z", self.minute / 60, self.minute % 60),
            "message": { "role": role, "content": content },
        });
        if let Some((before, _)) = session.split_once('+') {
            record["parentUuid"] = json!(format!("{before}-asks"));
        }
        let known = fs::read_to_string(self.file(session)).unwrap_or_default();
        fs::write(self.file(session), format!("{known}{record}\n")).expect("writes");
    }

    pub(crate) fn says(&mut self, session: &str, id: &str, text: &str) {
        self.push(session, id, "assistant", json!([{ "type": "text", "text": text }]));
    }

    pub(crate) fn asks(&mut self, session: &str, id: &str, text: &str) {
        self.push(session, id, "user", json!(text));
    }

    pub(crate) fn calls(
        &mut self,
        session: &str,
        id: &str,
        (tool, input): &(&str, Value),
        gave: &str,
    ) {
        let used =
            json!([{ "type": "tool_use", "id": format!("t-{id}"), "name": tool, "input": input }]);
        let gave =
            json!([{ "type": "tool_result", "tool_use_id": format!("t-{id}"), "content": gave }]);
        self.push(session, id, "assistant", used);
        self.push(session, &format!("{id}-gave"), "user", gave);
    }

    pub(crate) fn reads(&mut self, session: &str, id: &str) {
        let call = ("Bash", json!({ "command": "cat ../payroll/plan.txt" }));
        self.calls(session, id, &call, PLAN);
    }

    pub(crate) fn index(&self) {
        let roots = Roots { places: Vec::new(), named: vec![self.root.path().join("sessions")] };
        self.intake.run(Scope::Everything(roots), &self.released, |_| {}).expect("runs");
    }

    pub(crate) fn release(&mut self, sessions: &[&str]) {
        let name = |session: &&str| SessionName {
            agent: Agent::ClaudeCode,
            session: (*session).to_owned(),
        };
        let new: Vec<SessionName> = sessions.iter().map(name).collect();
        self.intake.find_quotes(&new).expect("looks");
        self.released.extend(new);
    }

    /// Whether a teammate sees a record.
    pub(crate) fn shows(&self, record: &str) -> bool {
        let touched = vec![place_mark(&self.path("payroll"))];
        let name = |name: &SessionName| Released {
            name: camille_bank::SessionName { agent: name.agent, session: name.session.clone() },
            touched: touched.clone(),
        };
        let project = self.path("api");
        let visible = Visibility::Shared(Shared {
            projects: vec![VisibleProject { id: project.clone(), from: None }],
            open: vec![project],
            released: self.released.iter().map(name).collect(),
            ..Shared::default()
        });
        let reader = self.intake.reader().expect("a bank").expect("one");
        let id = DocumentId::of_native_key("claude-code", record);
        assert!(
            reader.document(&id, &Visibility::Everything).expect("reads").is_some(),
            "{record}"
        );
        reader.document(&id, &visible).expect("reads").is_some()
    }
}

fn intake(root: &tempfile::TempDir) -> Intake {
    let (bank, resolver) = (root.path().join("bank"), ProjectResolver::default());
    Intake::new(bank, true, Arc::default(), resolver, Echo::default())
}
