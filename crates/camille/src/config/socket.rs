//! Where the node's Unix socket is. Whoever can write to its directory could put another one there, and would be asked
//! what the owner asks: so it lies in camille's home, or in a runtime directory that is the owner's alone.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The longest path of a Unix socket, without its final NUL: 103 bytes on macOS, 107 on Linux.
const SOCKET_PATH_BYTES_MAX: usize = 103;

/// `run/camille.sock`, or, when that path is too long for a socket, one in the user's runtime directory
/// that belongs to this home alone. A runtime directory that others can write to does not count.
pub(super) fn path(home: &Path, runtime_dir: Option<PathBuf>) -> PathBuf {
    let usual = home.join("run/camille.sock");
    if !too_long(&usual) {
        return usual;
    }
    let mark = camille_proto::id::ContentHash::of(&home.to_string_lossy()).to_string();
    let own = runtime_dir.filter(|dir| is_own(dir));
    own.map_or(usual, |dir| dir.join(format!("camille-{}.sock", &mark[..12])))
}

/// Whether no Unix socket can have this path.
pub(crate) fn too_long(socket: &Path) -> bool {
    socket.as_os_str().len() > SOCKET_PATH_BYTES_MAX
}

/// Whether the directory is this user's, and nobody else can write to it.
fn is_own(dir: &Path) -> bool {
    std::fs::metadata(dir).is_ok_and(|found| {
        found.is_dir()
            && found.uid() == rustix::process::geteuid().as_raw()
            && found.permissions().mode() & 0o022 == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlong_socket_moves_to_a_runtime_directory_that_is_the_owners_alone() {
        let runtime = tempfile::tempdir().unwrap();
        let dir = || Some(runtime.path().to_owned());
        let allow = |mode| {
            std::fs::set_permissions(runtime.path(), PermissionsExt::from_mode(mode)).unwrap();
        };
        let long = PathBuf::from(format!("/{}", "x".repeat(120)));
        let usual = path(&long, None);
        assert!(too_long(&usual));
        for mode in [0o700, 0o755] {
            allow(mode);
            let moved = path(&long, dir());
            assert!(moved.starts_with(runtime.path()) && !too_long(&moved), "{mode:o}");
            assert_ne!(moved, path(&long.join("y"), dir()));
        }
        for mode in [0o777, 0o770, 0o1777, 0o702] {
            allow(mode);
            assert_eq!(path(&long, dir()), usual, "{mode:o}");
        }
        allow(0o700);
        assert_eq!(path(&long, Some(runtime.path().join("none"))), usual);
        let file = runtime.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert_eq!(path(&long, Some(file)), usual);
        assert_eq!(path(Path::new("/h"), dir()), Path::new("/h/run/camille.sock"));
        // Root's directories are nobody else's.
        if rustix::process::geteuid().as_raw() != 0 {
            assert_eq!(path(&long, Some("/usr".into())), usual);
        }
    }
}
