//! What a site means: the symbols that its name stands for, and the rule that says so.

use super::name::Imported;
use super::project::{DEPTH_MAX, Resolver};
use super::types::{Bound, Sym, Type, TypeId};
use super::{Outcome, Rule, Target};
use crate::facts::{Expression, ExpressionId, Site, SymbolKind, What};

/// What was found for one site so far.
#[derive(Default)]
struct Found {
    targets: Vec<(Sym, Rule)>,
    external: Option<String>,
}

impl Resolver<'_> {
    /// The outcomes of a file's sites.
    pub(super) fn file(&mut self, file: usize) -> Vec<Outcome> {
        let sites = &self.files[file].facts.sites;
        let file = crate::builder::offset(file);
        sites.iter().map(|site| self.site(file, site)).collect()
    }

    fn site(&mut self, file: u32, site: &Site) -> Outcome {
        self.begin();
        let mut found = Found::default();
        match &self.facts(file).expressions[site.callee.index()] {
            Expression::Name { name, scope, at } => {
                let imported = self.find_all(file, *name, *scope, *at);
                match imported {
                    Imported::Missing => {
                        let word = self.word(file, *name);
                        let builtin = self.builtin(file, word);
                        self.add_type(builtin, Rule::Typed, &mut found);
                    }
                    imported => self.add(file, imported, Rule::ExactScope, &mut found, 0),
                }
            }
            Expression::Member { of, name } => {
                let receiver = self.value(file, *of);
                let word = self.word(file, *name);
                let hits = self.member(receiver, word);
                let is_own = self.is_receiver(file, *of);
                let in_module = matches!(self.types.look(receiver), Type::Module(_));
                for hit in &hits.found {
                    let rule = match (in_module, is_own, hit.inherited) {
                        (true, ..) => Rule::Import,
                        (_, true, false) => Rule::ItsOwn,
                        (_, _, true) => Rule::Inherited,
                        (_, false, false) => Rule::Typed,
                    };
                    self.add(file, Imported::Bounds(vec![hit.bound]), rule, &mut found, 0);
                }
                if let Some(path) = hits.external.filter(|_| found.targets.is_empty()) {
                    found.external = Some(self.package(path));
                }
                if receiver == TypeId::UNKNOWN
                    && found.targets.is_empty()
                    && found.external.is_none()
                    && let Some(&(sym, 1)) = self.bearers.get(&word)
                    && self.symbol(sym).kind == SymbolKind::Method
                    && site.kind.is_call()
                {
                    found.targets.push((sym, Rule::UniqueName));
                }
            }
            _ => {
                let value = self.value(file, site.callee);
                self.add_type(value, Rule::Typed, &mut found);
            }
        }
        self.outcome(found)
    }

    fn outcome(&self, found: Found) -> Outcome {
        let Some(&(_, rule)) = found.targets.first() else {
            return found.external.map_or(Outcome::Unresolved, Outcome::External);
        };
        let mut targets: Vec<Target> = found
            .targets
            .iter()
            .map(|(sym, _)| {
                let (file, symbol) = self.place(*sym);
                Target { file, symbol }
            })
            .collect();
        targets.sort_unstable();
        targets.dedup();
        Outcome::Targets(rule, targets)
    }

    /// Whether an expression is the receiver of the method around.
    fn is_receiver(&self, file: u32, id: ExpressionId) -> bool {
        match &self.facts(file).expressions[id.index()] {
            Expression::This { .. } | Expression::ThisClass { .. } | Expression::Super { .. } => {
                true
            }
            Expression::Name { name, scope, at } => {
                self.find(file, *name, *scope, *at).iter().any(|bound| {
                    match self.binding(*bound).what {
                        What::Value { value: Some(value), .. } => matches!(
                            self.facts(file).expressions[value.index()],
                            Expression::This { .. } | Expression::ThisClass { .. }
                        ),
                        _ => false,
                    }
                })
            }
            _ => false,
        }
    }

    /// Adds what names stand for, through imports to the symbol itself.
    fn add(&mut self, file: u32, imported: Imported, rule: Rule, found: &mut Found, depth: usize) {
        match imported {
            Imported::Bounds(bounds) => {
                for bound in bounds {
                    self.add_bound(file, bound, rule, found, depth);
                }
            }
            Imported::External(path) => found.external = Some(self.package(path)),
            Imported::Module(_) | Imported::Missing => {}
        }
    }

    fn add_bound(&mut self, file: u32, bound: Bound, rule: Rule, found: &mut Found, depth: usize) {
        if depth > DEPTH_MAX {
            return;
        }
        match self.binding(bound).what {
            What::Symbol(symbol) => {
                let sym = self.sym(bound.file, symbol);
                let rule = match rule {
                    Rule::ExactScope if bound.file != file => Rule::Import,
                    Rule::Typed | Rule::Inherited if self.is_declared_only(sym) => Rule::Interface,
                    rule => rule,
                };
                found.targets.push((sym, rule));
            }
            What::Import { .. } => {
                let imported = self.imported(bound);
                let rule = if rule == Rule::ExactScope { Rule::Import } else { rule };
                self.add(file, imported, rule, found, depth + 1);
            }
            What::Value { .. } => {
                let value = self.bound_value(bound);
                self.add_type(value, Rule::Typed, found);
            }
            What::Export(of) => {
                let found_at = match &self.facts(bound.file).expressions[of.index()] {
                    Expression::Name { name, scope, at } => {
                        Some(self.find_all(bound.file, *name, *scope, *at))
                    }
                    _ => None,
                };
                match found_at {
                    Some(imported) => self.add(file, imported, rule, found, depth + 1),
                    None => {
                        let value = self.value(bound.file, of);
                        self.add_type(value, rule, found);
                    }
                }
            }
            What::TypeParameter { .. } | What::Star { .. } => {}
        }
    }

    /// Adds the functions and classes that a value is.
    fn add_type(&mut self, of: TypeId, rule: Rule, found: &mut Found) {
        for part in self.types.parts(of) {
            match self.types.look(part).clone() {
                Type::Function(sym, _) | Type::Class(sym, _) => found.targets.push((sym, rule)),
                Type::External(path) => found.external = Some(self.package(path)),
                Type::KnownClass(_) | Type::KnownMethod(..) => {
                    found.external = Some("builtins".to_owned());
                }
                _ => {}
            }
        }
    }

    /// Whether a method is only said here, for others to fill.
    fn is_declared_only(&self, sym: Sym) -> bool {
        let symbol = self.symbol(sym);
        let (file, _) = self.place(sym);
        symbol.traits.is_abstract
            || symbol.parent.is_some_and(|parent| {
                let parent = &self.facts(file).symbols[parent.index()];
                parent.kind == SymbolKind::Interface && symbol.results.is_empty()
            })
    }

    fn package(&self, path: super::types::Word) -> String {
        self.words.text(path).to_owned()
    }
}
