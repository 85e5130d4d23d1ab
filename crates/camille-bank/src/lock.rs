//! The lock of whoever writes a bank: an advisory lock on a file, which the system frees when the process
//! ends in whatever way. It never waits.

use crate::error::BankError;
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

/// The name of the file in the bank's directory.
const FILE: &str = "lock";

/// Held as long as it lives.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock and writes this process's id into it.
    ///
    /// # Errors
    /// [`BankError::Locked`] with the holder's process id.
    pub(crate) fn take(dir: &Path) -> Result<Self, BankError> {
        let path = dir.join(FILE);
        let mut file = crate::store::private_file(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.take(20)
                    .read_to_string(&mut holder)
                    .map_err(BankError::file("read", &path))?;
                let holder = holder.trim();
                let holder = if holder.is_empty() { "?" } else { holder };
                return Err(BankError::Locked { holder: holder.to_owned() });
            }
            Err(TryLockError::Error(source)) => {
                return Err(BankError::File { action: "lock", path, source });
            }
        }
        let written = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        written.map_err(BankError::file("write", &path))?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_one_hears_who_holds_it() {
        let dir = tempfile::tempdir().unwrap();
        let held = Lock::take(dir.path()).unwrap();
        match Lock::take(dir.path()) {
            Err(BankError::Locked { holder }) => {
                assert_eq!(holder, std::process::id().to_string());
            }
            other => panic!("{other:?}"),
        }
        drop(held);
        Lock::take(dir.path()).unwrap();
    }
}
