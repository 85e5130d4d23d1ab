//! Takes the words of questions out of the log, when what they were about is forgotten. Who asked, when, and what
//! was handed over stays.

use super::{AuditError, AuditLog, line};
use camille_proto::local::AuditEntry;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// What stands in place of a question.
const WITHHELD: &str = "[forgotten]";

impl AuditLog {
    /// Replaces the question in every entry that `wanted` says, in all files. Returns in how many. Nobody can write
    /// meanwhile. A crash leaves each file as it was or as it shall be.
    ///
    /// # Errors
    /// When a file cannot be read or written anew; those before it are done.
    pub fn withhold(&self, wanted: impl Fn(&AuditEntry) -> bool) -> Result<u64, AuditError> {
        let mut state = self.state();
        let mut count = 0;
        for (path, file) in state.appender.files()? {
            count += withhold_in(&path, file, &wanted)?;
        }
        state.appender.reopen()?;
        Ok(count)
    }
}

fn withhold_in(
    path: &Path,
    mut file: File,
    wanted: &impl Fn(&AuditEntry) -> bool,
) -> Result<u64, AuditError> {
    let unread = |source| AuditError::Read { path: path.to_owned(), source };
    let unwritten = |source| AuditError::Write { path: path.to_owned(), source };
    let tells = |line: &[u8]| {
        let entry = serde_json::from_slice::<AuditEntry>(line).ok()?;
        let is_open = entry.query.as_ref().is_some_and(|query| query != WITHHELD);
        (is_open && wanted(&entry)).then_some(entry)
    };
    // Hardly any file has one, and a file that has none is left alone.
    let mut found = false;
    each_line(&file, |line| {
        found = found || tells(line).is_some();
        Ok(())
    })
    .map_err(unread)?;
    if !found {
        return Ok(0);
    }
    file.rewind().map_err(unread)?;
    let beside = path.with_file_name("peer_access.new");
    let new = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&beside);
    let mut new = BufWriter::new(new.map_err(unwritten)?);
    let mut count = 0;
    each_line(&file, |line| {
        let Some(mut entry) = tells(line) else { return new.write_all(line) };
        entry.query = Some(WITHHELD.to_owned());
        count += 1;
        new.write_all(&line::encode(&entry).map_err(io::Error::other)?)
    })
    .map_err(unwritten)?;
    let new = new.into_inner().map_err(|error| unwritten(error.into_error()))?;
    new.sync_all().and_then(|()| fs::rename(&beside, path)).map_err(unwritten)?;
    Ok(count)
}

/// Hands out the lines, each with its end.
fn each_line(file: &File, mut with: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        with(&line)?;
        line.clear();
    }
    Ok(())
}
