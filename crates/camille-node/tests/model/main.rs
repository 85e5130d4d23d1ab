//! The bank against a reference: what random histories of transcripts leave in it.

#[cfg(test)]
mod history;
