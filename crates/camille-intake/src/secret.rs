//! Between the redactor and the bank: what was found, and texts that are to be redacted anew.

use super::intake::Intake;
use camille_bank::{Bank, BankError, Finding, FoundSecret, Redaction};
use camille_ingest::redact::{self, Redactor, Tier};
use camille_proto::local::{IndexEvent, SecretLine};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::time::{Duration, Instant};

/// How often progress is told.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// A finding as the bank keeps it.
pub(super) fn finding(found: &redact::Finding) -> Finding {
    Finding { rule: found.rule, replaced: found.tier == Tier::Definite }
}

fn redaction(redactor: &Redactor, text: &str) -> Redaction {
    let redacted = redactor.redact(text);
    let found = redacted.found.iter().map(finding).collect();
    let text = match redacted.text {
        Cow::Borrowed(_) => None,
        Cow::Owned(text) => Some(text),
    };
    Redaction { text, found }
}

impl Intake {
    /// Brings every text of the bank under the rules of this build, if that was not done yet.
    pub(super) fn redact_anew(
        &self,
        bank: &mut Bank,
        on_event: &mut dyn FnMut(IndexEvent),
    ) -> Result<(), BankError> {
        let mut told = None;
        let redacted = bank.redact_anew(
            self.redactor.version(),
            &mut |text| redaction(&self.redactor, text),
            &mut |done, total| {
                if told.is_none_or(|told: Instant| told.elapsed() >= PROGRESS_EVERY) {
                    told = Some(Instant::now());
                    on_event(IndexEvent::Redacting {
                        documents_done: done.min(total),
                        documents_total: total,
                    });
                }
                !self.cancel.is_cancelled()
            },
        )?;
        if redacted.changed > 0 {
            tracing::info!(
                changed = redacted.changed,
                "the bank was redacted by the current rules"
            );
        }
        Ok(())
    }

    /// Every place where the bank knows a secret to be or to have been, with the line of its source.
    ///
    /// # Errors
    /// When the bank cannot be read.
    pub fn secrets(&self) -> Result<Vec<SecretLine>, BankError> {
        let Some(reader) = self.reader()? else { return Ok(Vec::new()) };
        let found = reader.secrets()?;
        let mut order: Vec<usize> = (0..found.len()).collect();
        order.sort_by_key(|at| (&found[*at].file, found[*at].offset));
        let mut lines = vec![None; found.len()];
        for of_one_file in order.chunk_by(|a, b| found[*a].file == found[*b].file) {
            let offsets: Vec<u64> = of_one_file.iter().map(|at| found[*at].offset).collect();
            // A source may be gone: its agent deletes old ones.
            let numbers = line_numbers(Path::new(&found[of_one_file[0]].file), &offsets);
            for (at, number) in of_one_file.iter().zip(numbers.unwrap_or_default()) {
                lines[*at] = Some(number);
            }
        }
        let shown = |(secret, line): (FoundSecret, Option<u64>)| {
            let (agent, session) = secret.session.unzip();
            SecretLine {
                rule: secret.rule,
                replaced: secret.replaced,
                count: secret.count,
                project: secret.project,
                agent,
                session,
                file: self.redactor.redact(&secret.file).text.into_owned(),
                line,
            }
        };
        Ok(found.into_iter().zip(lines).map(shown).collect())
    }
}

/// The numbers, from 1, of the lines that begin at these bytes, which are in order. Fewer where the file is
/// shorter.
fn line_numbers(path: &Path, offsets: &[u64]) -> io::Result<Vec<u64>> {
    let file = File::open(path)?;
    let mut input: Box<dyn Read> = if path.extension().is_some_and(|end| end == "zst") {
        Box::new(zstd::Decoder::new(file)?)
    } else {
        Box::new(BufReader::new(file))
    };
    let mut buffer = vec![0; 64 * 1024];
    let (mut at, mut line, mut numbers) = (0, 1, Vec::with_capacity(offsets.len()));
    for offset in offsets {
        while at < *offset {
            let wanted = usize::try_from(*offset - at).unwrap_or(usize::MAX).min(buffer.len());
            let read = input.read(&mut buffer[..wanted])?;
            if read == 0 {
                return Ok(numbers);
            }
            line += memchr::memchr_iter(b'\n', &buffer[..read]).count() as u64;
            at += read as u64;
        }
        numbers.push(line);
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_up_to_each_byte() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a.jsonl");
        std::fs::write(&path, "one\ntwo\n\nfour").expect("writes");
        let numbers = line_numbers(&path, &[0, 4, 4, 9, 99]).expect("reads");
        assert_eq!(numbers, [1, 2, 2, 4], "what lies behind the end has no line");
        assert!(line_numbers(&dir.path().join("gone"), &[0]).is_err());
    }
}
