//! Why what was typed names no project, and what would.

/// What was typed names nothing that camille could keep or share.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Meaningless {
    /// There is nothing, or nothing but slashes, quotes and blanks.
    #[error("it is empty")]
    Empty,
    /// It has a character that no name has.
    #[error("{} stands in no name of a project", .0.escape_debug())]
    Character(char),
    /// A directory of which nothing says where it is.
    #[error("nothing says where a directory that begins with {0} lies")]
    Nowhere(String),
    /// A variable of a shell that was not replaced.
    #[error("nothing says what {0} stands for")]
    Variable(String),
    /// An address of a kind that camille does not know.
    #[error("camille does not know what addresses beginning with {0} lead to")]
    Address(String),
    /// A host that nothing on this machine names.
    #[error("neither git nor ssh is told of a host '{0}' here, and no project of yours is on one")]
    Host(String),
    /// An address that names a host and nothing on it.
    #[error("it names the host {0} and no repository there")]
    OnlyHost(String),
    /// A page of a forge that is of no repository.
    #[error("{0} is a page of its own there, no repository")]
    Page(String),
    /// Several names at once.
    #[error("it names several at once")]
    Several(Vec<String>),
    /// Wildcards of shells and regular expressions.
    #[error("`*` is the only wildcard; it stands for any text")]
    Wildcard {
        /// The same with `*`.
        plain: String,
    },
    /// Words of which no one is the name.
    #[error("it is several words")]
    Words(String),
}

impl Meaningless {
    /// What would be right instead.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Wildcard { plain } => format!("'{plain}'"),
            Self::Several(names) => {
                let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
                format!("one at a time: {}", names.join(", then "))
            }
            Self::Host(_) => {
                "write the whole host, such as github.com/acme/api, or what `git remote -v` prints"
                    .to_owned()
            }
            Self::OnlyHost(host) => format!("'{host}/*' is all that is there"),
            Self::Variable(_) | Self::Nowhere(_) => "write the whole path, from / on".to_owned(),
            _ => "name a project's id, a whole path, or what `git remote -v` prints".to_owned(),
        }
    }
}
