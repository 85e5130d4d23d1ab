//! The known name that was probably meant by one that is not known.

/// Names further apart than this share of their letters are other names.
const APART_MAX: usize = 3;

/// The one of `known` that is closest to `typed`, if a slip of the finger can have made one of the other. Of a
/// project's name its last part counts as well, and as many of its last parts as were typed.
pub(crate) fn nearest<'a>(
    typed: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let apart = |name: &str| {
        let name = name.to_lowercase();
        let last = name.rsplit('/').next().unwrap_or_default();
        let whole = (distance(&typed, &name), name.chars().count());
        let part = (distance(&typed, last), last.chars().count());
        let end = ending(&name, typed.split('/').count());
        let end = (distance(&typed, end), end.chars().count());
        whole.min(part).min(end)
    };
    let (name, (changes, letters)) = known
        .into_iter()
        .map(|name| (name, apart(name)))
        .min_by_key(|(_, (changes, _))| *changes)?;
    let longer = letters.max(typed.chars().count());
    (changes <= longer.div_ceil(APART_MAX)).then_some(name)
}

/// The last so many parts of a name.
fn ending(name: &str, parts: usize) -> &str {
    let begin = name.rmatch_indices('/').nth(parts.saturating_sub(1));
    begin.map_or(name, |(at, slash)| &name[at + slash.len()..])
}

/// Levenshtein distance (Wagner and Fischer, 1974), one row at a time.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_changed_characters() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn a_slip_of_the_finger_is_near_and_another_name_is_not() {
        let known = ["github.com/acme/api", "github.com/acme/web", "/home/ana/notes"];
        for (typed, meant) in [
            ("apii", Some(known[0])),
            ("github.com/acme/apii", Some(known[0])),
            ("API", Some(known[0])),
            ("acme/apy", Some(known[0])),
            ("acne/web", Some(known[1])),
            ("other/web", None),
            ("wbe", None),
            ("we", Some(known[1])),
            ("note", Some(known[2])),
            ("payroll", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, known), meant, "{typed}");
        }
        assert_eq!(nearest("x", []), None);
    }
}
