//! Everything a bank holds, for drawing questions and for counting. The list comes from the store
//! itself, the texts through the bank.

use anyhow::{Context, Result};
use camille_bank::{BankReader, Visibility};
use camille_proto::id::DocumentId;
use camille_proto::vocabulary::DocumentKind;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// A live document.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) id: String,
    pub(crate) record: Option<String>,
    pub(crate) kind: DocumentKind,
    pub(crate) text: String,
}

/// Every live document of the bank in this folder, by id.
pub(crate) fn documents(bank: &Path) -> Result<Vec<Stored>> {
    let store =
        Connection::open_with_flags(bank.join("bank.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut select = store.prepare("SELECT id FROM document WHERE deleted = 0 ORDER BY id")?;
    let ids = select
        .query_map([], |row| row.get::<_, [u8; 16]>(0))?
        .collect::<Result<Vec<[u8; 16]>, _>>()?;
    let reader = BankReader::open_read_only(bank)?.context("there is a bank")?;
    ids.into_iter()
        .map(|id| {
            let id = DocumentId::from_bytes(id);
            let found = reader.document(&id, &Visibility::Everything)?;
            let document =
                found.context("the store names a document that the bank lacks")?.document;
            Ok(Stored {
                id: id.to_string(),
                record: document.record_id,
                kind: document.kind,
                text: document.text,
            })
        })
        .collect()
}
