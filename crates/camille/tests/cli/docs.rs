//! docs/cli.md and docs/configuration.md are what the code says.

use crate::environment::Home;
use std::path::Path;

#[test]
fn the_generated_pages_are_fresh() {
    let home = Home::new();
    home.run(&["generate-docs", "."]).ended(0);
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    for page in ["cli.md", "configuration.md"] {
        let fresh = std::fs::read_to_string(home.path().join(page)).unwrap();
        let kept = std::fs::read_to_string(docs.join(page)).unwrap_or_default();
        assert!(fresh == kept, "docs/{page} is stale; refresh it: cargo run -- generate-docs docs");
    }
}
