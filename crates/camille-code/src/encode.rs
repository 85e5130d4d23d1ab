//! Facts as bytes, to be kept by content hash: small, and with the version of the extractor in front, so that facts of another
//! build are made anew instead of misread.

use crate::extract::EXTRACTOR_VERSION;
use crate::facts::{Expression, ExpressionId, Facts, Name, ScopeId, SymbolId, What};

/// Why bytes are no facts of this build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Another build made them.
    #[error("another version made these facts: they are made anew from the file")]
    Version,
    /// They are damaged.
    #[error("these facts are damaged: they are made anew from the file")]
    Damaged,
}

/// The bytes of facts.
#[must_use]
pub fn encode(facts: &Facts) -> Vec<u8> {
    let mut bytes = EXTRACTOR_VERSION.to_le_bytes().to_vec();
    // Writing to memory cannot fail, and every table serialises; without a body the bytes are damaged, and read so.
    bytes.extend(postcard::to_stdvec(facts).unwrap_or_default());
    bytes
}

/// Facts of bytes.
///
/// # Errors
/// When another version made them, or when they are damaged: every reference inside is looked at.
pub fn decode(bytes: &[u8]) -> Result<Facts, Unreadable> {
    let (version, body) = bytes.split_at_checked(2).ok_or(Unreadable::Damaged)?;
    if version != EXTRACTOR_VERSION.to_le_bytes() {
        return Err(Unreadable::Version);
    }
    let facts: Facts = postcard::from_bytes(body).map_err(|_| Unreadable::Damaged)?;
    if is_whole(&facts) { Ok(facts) } else { Err(Unreadable::Damaged) }
}

/// Whether every reference leads somewhere, scopes and expressions only to those before them.
fn is_whole(facts: &Facts) -> bool {
    let name = |name: Name| name.index() < facts.names.len();
    let scope = |scope: ScopeId| scope.index() < facts.scopes.len();
    let symbol = |symbol: SymbolId| symbol.index() < facts.symbols.len();
    let known = |id: ExpressionId| id.index() < facts.expressions.len();
    let before = |id: ExpressionId, at: usize| id.index() < at;
    if facts.scopes.is_empty() || facts.expressions.is_empty() {
        return false;
    }
    let scopes = facts.scopes.iter().enumerate().all(|(at, one)| {
        one.parent.is_none_or(|parent| parent.index() < at) && one.symbol.is_none_or(symbol)
    });
    let symbols = facts.symbols.iter().enumerate().all(|(at, one)| {
        !one.spans.is_empty()
            && name(one.name)
            && one.of.is_none_or(name)
            && one.parent.is_none_or(|parent| parent.index() < at)
            && one.scope.is_none_or(scope)
            && one.bases.iter().chain(&one.results).copied().all(known)
            && one.declared.is_none_or(known)
            && one.parameters.iter().copied().all(name)
            && one
                .takes
                .iter()
                .all(|takes| takes.name.is_none_or(name) && takes.declared.is_none_or(known))
    });
    let bindings = facts.bindings.iter().all(|one| {
        scope(one.scope)
            && scope(one.block)
            && name(one.name)
            && match &one.what {
                What::Symbol(id) => symbol(*id),
                What::Import { module, item, .. } => name(*module) && item.is_none_or(name),
                What::Export(of) => known(*of),
                What::Star { module, .. } => name(*module),
                What::Value { declared, value, .. } => {
                    declared.is_none_or(known) && value.is_none_or(known)
                }
                What::TypeParameter { bound } => bound.is_none_or(known),
            }
    });
    let expressions = facts.expressions.iter().enumerate().all(|(at, one)| match one {
        Expression::Unknown => true,
        Expression::Name { name: of, scope: in_scope, .. } => name(*of) && scope(*in_scope),
        Expression::Member { of, name: member } => before(*of, at) && name(*member),
        Expression::Call { callee: of, arguments }
        | Expression::New { class: of, arguments }
        | Expression::Apply { base: of, arguments } => {
            before(*of, at) && arguments.iter().all(|one| before(*one, at))
        }
        Expression::Instance(of)
        | Expression::Element(of)
        | Expression::Index(of)
        | Expression::Await(of)
        | Expression::Enter(of)
        | Expression::Unwrap(of)
        | Expression::Deref(of)
        | Expression::TypeOf(of)
        | Expression::ClassOf(of)
        | Expression::Nth { of, .. }
        | Expression::Given { callee: of, .. } => before(*of, at),
        Expression::Function { takes, result } => {
            before(*result, at) && takes.iter().all(|one| before(*one, at))
        }
        Expression::Lambda { results: of, .. } | Expression::Union(of) | Expression::Tuple(of) => {
            of.iter().all(|one| before(*one, at))
        }
        Expression::Builtin { name: of, arguments } => {
            name(*of) && arguments.iter().all(|one| before(*one, at))
        }
        Expression::Object(of)
        | Expression::This { scope: of }
        | Expression::ThisClass { scope: of }
        | Expression::Super { scope: of } => scope(*of),
        Expression::Module(of) => name(*of),
    });
    let sites =
        facts.sites.iter().all(|one| name(one.name) && scope(one.scope) && known(one.callee));
    let extensions = facts
        .extensions
        .iter()
        .all(|one| known(one.of) && one.base.is_none_or(known) && scope(one.scope));
    let ordered = facts.bindings.is_sorted_by_key(|one| (one.scope, one.name, one.at));
    scopes
        && symbols
        && bindings
        && expressions
        && sites
        && extensions
        && ordered
        && facts.package.is_none_or(name)
}
