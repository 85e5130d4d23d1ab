//! Rust: items. Patterns are in [`pattern`], values in [`value`], types in [`annotation`], arguments of macros in [`tokens`].

mod annotation;
mod pattern;
mod tokens;
mod value;

use crate::Language;
use crate::builder::{Builder, Definition};
use crate::extract::{self, Trouble};
use crate::facts::{
    Expression, ExpressionId, Facts, Name, Parameter, ScopeKind, SiteKind, SymbolId, SymbolKind,
    Traits, What,
};
use crate::nesting::Ends;
use crate::tree::{self, children, field, position};
use tree_sitter::Node;

tree::grammar! {
    tree_sitter_rust::LANGUAGE;
    kinds {
        Error = "ERROR", LineComment = "line_comment", BlockComment = "block_comment", Attribute = "attribute_item",
        Function = "function_item", Signature = "function_signature_item", Struct = "struct_item", Enum = "enum_item",
        Union = "union_item", Variant = "enum_variant", VariantList = "enum_variant_list", Trait = "trait_item",
        Impl = "impl_item", Module = "mod_item", Use = "use_declaration", UseList = "use_list",
        ScopedUseList = "scoped_use_list", UseAs = "use_as_clause", UseWildcard = "use_wildcard",
        ExternCrate = "extern_crate_declaration", Const = "const_item", Static = "static_item", TypeItem = "type_item",
        AssociatedType = "associated_type", MacroDefinition = "macro_definition", Macro = "macro_invocation",
        DeclarationList = "declaration_list", Foreign = "foreign_mod_item", FieldList = "field_declaration_list",
        OrderedFields = "ordered_field_declaration_list", Field = "field_declaration", Parameter = "parameter",
        SelfParameter = "self_parameter", TypeParameter = "type_parameter", Where = "where_clause",
        WherePredicate = "where_predicate", Bounds = "trait_bounds", Visibility = "visibility_modifier",
        Block = "block", ExpressionStatement = "expression_statement", Let = "let_declaration",
        LetCondition = "let_condition", LetChain = "let_chain", If = "if_expression", ElseClause = "else_clause",
        Match = "match_expression", MatchBlock = "match_block", Arm = "match_arm", MatchPattern = "match_pattern",
        For = "for_expression", While = "while_expression", Loop = "loop_expression", Return = "return_expression",
        Closure = "closure_expression", ClosureParameters = "closure_parameters", Call = "call_expression",
        Arguments = "arguments", FieldExpression = "field_expression", GenericFunction = "generic_function",
        Identifier = "identifier", FieldIdentifier = "field_identifier", TypeIdentifier = "type_identifier",
        ShorthandField = "shorthand_field_identifier", Scoped = "scoped_identifier", ScopedType = "scoped_type_identifier",
        SelfValue = "self", Crate = "crate", Super = "super", Metavariable = "metavariable",
        StructExpression = "struct_expression", FieldInitializers = "field_initializer_list",
        FieldInitializer = "field_initializer", ShorthandInitializer = "shorthand_field_initializer",
        BaseInitializer = "base_field_initializer", Try = "try_expression", Await = "await_expression",
        Reference = "reference_expression", Unary = "unary_expression", Binary = "binary_expression",
        Assignment = "assignment_expression", Cast = "type_cast_expression", Index = "index_expression",
        Tuple = "tuple_expression", Array = "array_expression", Parenthesized = "parenthesized_expression",
        Range = "range_expression", Async = "async_block", Unsafe = "unsafe_block", Const2 = "const_block",
        String = "string_literal", RawString = "raw_string_literal", Char = "char_literal", Integer = "integer_literal",
        Float = "float_literal", Boolean = "boolean_literal", TokenTree = "token_tree",
        TupleStructPattern = "tuple_struct_pattern", StructPattern = "struct_pattern", FieldPattern = "field_pattern",
        TuplePattern = "tuple_pattern", SlicePattern = "slice_pattern", ReferencePattern = "reference_pattern",
        RefPattern = "ref_pattern", MutPattern = "mut_pattern", CapturedPattern = "captured_pattern",
        OrPattern = "or_pattern", GenericType = "generic_type", TypeArguments = "type_arguments",
        TypeBinding = "type_binding", GenericTurbofish = "generic_type_with_turbofish", ReferenceType = "reference_type",
        PointerType = "pointer_type", TupleType = "tuple_type", ArrayType = "array_type", DynamicType = "dynamic_type",
        AbstractType = "abstract_type", FunctionType = "function_type", PrimitiveType = "primitive_type",
        UnitType = "unit_type", BracketedType = "bracketed_type", QualifiedType = "qualified_type",
        HigherRanked = "higher_ranked_trait_bound", Lifetime = "lifetime", Parameters = "parameters",
        MutableSpecifier = "mutable_specifier", BoundedType = "bounded_type",
    }
    fields {
        name, r#type, r#trait, body, parameters, return_type, type_parameters, bounds, argument, path, list, alias, value,
        pattern, condition, consequence, alternative, function, arguments, field, left, right, r#macro, type_arguments,
        element, operator,
    }
}

/// Reads Rust.
pub(crate) struct Rust;

impl extract::Extractor for Rust {
    fn extract(&self, text: &str, language: Language) -> Result<Facts, Trouble> {
        let tree = tree::parse(&GRAMMAR.language, text, Ends::Comma)?;
        let mut walk =
            Walk { b: Builder::new(language, text), depth: 0, parsed: 0, in_trait: false };
        walk.items(tree.root_node());
        Ok(walk.b.finish())
    }

    fn parse(&self, text: &str, _language: Language) -> Result<(), Trouble> {
        tree::parse(&GRAMMAR.language, text, Ends::Comma).map(drop)
    }
}

struct Walk<'t> {
    b: Builder<'t>,
    depth: usize,
    /// How many macros around are parsed anew.
    parsed: usize,
    /// Whether `Self` is whatever implements the trait around.
    in_trait: bool,
}

fn is_comment(node: Node<'_>) -> bool {
    // Attributes stand between a comment and what it documents.
    matches!(kind(node), Kind::LineComment | Kind::BlockComment | Kind::Attribute)
}

impl<'t> Walk<'t> {
    fn text(&self, node: Node<'_>) -> &'t str {
        tree::text(self.b.text, node)
    }

    fn name(&mut self, node: Node<'_>) -> Name {
        let text = self.text(node);
        self.b.name(text.strip_prefix("r#").unwrap_or(text))
    }

    /// The items and statements inside a node.
    fn items(&mut self, node: Node<'_>) {
        for child in children(node) {
            self.item(child);
        }
    }

    fn item(&mut self, node: Node<'_>) {
        if self.depth > tree::DEPTH_MAX {
            return;
        }
        self.depth += 1;
        match kind(node) {
            Kind::Function | Kind::Signature => self.function(node),
            Kind::Struct | Kind::Union => self.structure(node),
            Kind::Enum => self.enumeration(node),
            Kind::Trait => self.trait_item(node),
            Kind::Impl => self.implementation(node),
            Kind::Module => self.module(node),
            Kind::Use => {
                if let Some(argument) = field(node, GRAMMAR.argument) {
                    self.uses(argument, "");
                }
            }
            Kind::ExternCrate => {
                if let (Some(name), Some(alias)) =
                    (field(node, GRAMMAR.name), field(node, GRAMMAR.alias))
                {
                    let (module, alias_name) = (self.name(name), self.name(alias));
                    let what = What::Import { module, item: None, only_exported: false };
                    self.b.bind(alias_name, node.start_byte(), what);
                }
            }
            Kind::Const | Kind::Static => self.constant(node),
            Kind::TypeItem | Kind::AssociatedType => self.alias(node),
            Kind::MacroDefinition => {
                if let Some(name) = field(node, GRAMMAR.name) {
                    self.define(node, name, SymbolKind::Macro, Traits::default());
                }
            }
            Kind::DeclarationList | Kind::Foreign => self.items(node),
            Kind::LineComment | Kind::BlockComment | Kind::Attribute => {}
            Kind::Error => {
                self.b.error();
                self.items(node);
            }
            _ => {
                self.value(node);
            }
        }
        self.depth -= 1;
    }

    fn define(
        &mut self,
        node: Node<'_>,
        name_node: Node<'_>,
        kind: SymbolKind,
        traits: Traits,
    ) -> SymbolId {
        let name = self.name(name_node);
        let span = tree::span(node, name_node, field(node, GRAMMAR.body), is_comment);
        let is_exported =
            children(node).first().is_some_and(|first| self::kind(*first) == Kind::Visibility);
        let traits = Traits { is_exported, ..traits };
        self.b.define(Definition { name, kind, span, traits }, true)
    }

    fn function(&mut self, node: Node<'_>) {
        let Some(name_node) = field(node, GRAMMAR.name) else { return };
        let in_class = self.b.scope_kind(self.b.scope()) == ScopeKind::Class;
        let list = field(node, GRAMMAR.parameters);
        let parameters = list.map(children).unwrap_or_default();
        let takes_self = parameters.iter().any(|one| kind(*one) == Kind::SelfParameter);
        let body = field(node, GRAMMAR.body);
        let head = self.b.text.get(node.start_byte()..name_node.start_byte()).unwrap_or("");
        let traits = Traits {
            is_static: in_class && !takes_self,
            is_async: head.split_whitespace().any(|word| word == "async"),
            is_abstract: in_class && body.is_none(),
            is_declaration: body.is_none(),
            ..Traits::default()
        };
        let symbol_kind = if in_class { SymbolKind::Method } else { SymbolKind::Function };
        let id = self.define(node, name_node, symbol_kind, traits);
        let before = self.b.enter(ScopeKind::Function, Some(id));
        let generic = self.type_parameters(node);
        self.b.symbol(id).parameters = generic;
        let mut takes = Vec::new();
        for one in parameters {
            match kind(one) {
                Kind::SelfParameter => {
                    let name = self.b.name("self");
                    let scope = self.b.scope();
                    let this = self.b.expression(Expression::This { scope });
                    self.b.variable(name, one.start_byte(), None, Some(this));
                }
                Kind::Parameter => {
                    let declared = field(one, GRAMMAR.r#type).map(|of| self.annotation(of));
                    let pattern = field(one, GRAMMAR.pattern);
                    let name = pattern.map(|pattern| self.name(pattern));
                    if let (Some(pattern), Some(declared)) = (pattern, declared) {
                        let value = self.b.expression(Expression::Instance(declared));
                        self.pattern(pattern, value);
                    }
                    takes.push(Parameter { name, declared });
                }
                _ => {}
            }
        }
        let declared = field(node, GRAMMAR.return_type).map(|of| self.result(of));
        self.b.sign(id, takes, declared);
        if let Some(body) = body {
            self.items(body);
        }
        self.b.leave(before);
    }

    /// What a function gives: in a trait, `Self` is what implements it.
    fn result(&mut self, node: Node<'_>) -> ExpressionId {
        if self.in_trait && self.text(node) == "Self" {
            return self.b.builtin("Self", Vec::new());
        }
        self.annotation(node)
    }

    fn structure(&mut self, node: Node<'_>) {
        let Some(name_node) = field(node, GRAMMAR.name) else { return };
        let id = self.define(node, name_node, SymbolKind::Class, Traits::default());
        self.fields(node, id);
    }

    /// The fields of a struct or a variant; those without a name are numbered.
    fn fields(&mut self, node: Node<'_>, id: SymbolId) {
        let before = self.b.enter(ScopeKind::Class, Some(id));
        let parameters = self.type_parameters(node);
        self.b.symbol(id).parameters = parameters;
        let list = field(node, GRAMMAR.body)
            .or_else(|| children(node).into_iter().find(|one| kind(*one) == Kind::OrderedFields));
        let mut index = 0;
        for one in list.map(children).unwrap_or_default() {
            match kind(one) {
                Kind::Field => {
                    let (Some(name_node), Some(of)) =
                        (field(one, GRAMMAR.name), field(one, GRAMMAR.r#type))
                    else {
                        continue;
                    };
                    let declared = self.annotation(of);
                    let name = self.name(name_node);
                    let span = tree::span(one, name_node, None, is_comment);
                    let definition = Definition {
                        name,
                        kind: SymbolKind::Field,
                        span,
                        traits: Traits::default(),
                    };
                    let field = self.b.define_value(definition);
                    self.b.symbol(field).declared = Some(declared);
                }
                Kind::Visibility | Kind::Attribute | Kind::LineComment | Kind::BlockComment => {}
                _ => {
                    let declared = Some(self.annotation(one));
                    let name = self.b.made_name(&index.to_string());
                    index += 1;
                    let what =
                        What::Value { declared, value: None, is_field: true, is_narrowed: false };
                    self.b.bind(name, one.start_byte(), what);
                }
            }
        }
        self.b.leave(before);
    }

    fn enumeration(&mut self, node: Node<'_>) {
        let Some(name_node) = field(node, GRAMMAR.name) else { return };
        let id = self.define(node, name_node, SymbolKind::Class, Traits::default());
        let before = self.b.enter(ScopeKind::Class, Some(id));
        let parameters = self.type_parameters(node);
        self.b.symbol(id).parameters = parameters;
        for variant in field(node, GRAMMAR.body).map(children).unwrap_or_default() {
            let Some(variant_name) = field(variant, GRAMMAR.name) else { continue };
            let made = self.define(variant, variant_name, SymbolKind::Class, Traits::default());
            // A variant has the members of its enumeration.
            let scope = self.b.scope();
            let whole = self.b.expression(Expression::ThisClass { scope });
            self.b.symbol(made).bases.push(whole);
            self.fields(variant, made);
        }
        self.b.leave(before);
    }

    fn trait_item(&mut self, node: Node<'_>) {
        let Some(name_node) = field(node, GRAMMAR.name) else { return };
        let id = self.define(node, name_node, SymbolKind::Interface, Traits::default());
        let before = self.b.enter(ScopeKind::Class, Some(id));
        let parameters = self.type_parameters(node);
        self.b.symbol(id).parameters = parameters;
        if let Some(bounds) = field(node, GRAMMAR.bounds) {
            let bases = self.bounds(bounds);
            self.b.symbol(id).bases = bases;
        }
        let outer = std::mem::replace(&mut self.in_trait, true);
        if let Some(body) = field(node, GRAMMAR.body) {
            self.items(body);
        }
        self.in_trait = outer;
        self.b.leave(before);
    }

    fn implementation(&mut self, node: Node<'_>) {
        let Some(type_node) = field(node, GRAMMAR.r#type) else { return };
        let before = self.b.enter(ScopeKind::Class, None);
        self.type_parameters(node);
        let of = self.annotation(type_node);
        let base = field(node, GRAMMAR.r#trait).map(|base| self.annotation(base));
        self.b.extend(of, base);
        let called = match self.b.look(of).clone() {
            Expression::Apply { base, .. } => self.b.look(base).clone(),
            other => other,
        };
        let called = match called {
            Expression::Name { name, .. } | Expression::Member { name, .. } => Some(name),
            _ => None,
        };
        let outer = std::mem::replace(&mut self.in_trait, false);
        for one in field(node, GRAMMAR.body).map(children).unwrap_or_default() {
            let first = self.b.symbols();
            self.item(one);
            // The item itself is the first symbol that it made.
            if let (Some(called), true) = (called, self.b.symbols() > first) {
                let id = SymbolId(crate::builder::offset(first));
                self.b.symbol(id).of = Some(called);
            }
        }
        self.in_trait = outer;
        self.b.leave(before);
    }

    fn module(&mut self, node: Node<'_>) {
        let Some(name_node) = field(node, GRAMMAR.name) else { return };
        let Some(body) = field(node, GRAMMAR.body) else {
            // `mod x;`: the file of that name.
            let name = self.name(name_node);
            let module = format!("mod {}", self.b.text_of(name));
            let module = self.b.made_name(&module);
            let what = What::Import { module, item: None, only_exported: false };
            self.b.bind(name, node.start_byte(), what);
            return;
        };
        let id = self.define(node, name_node, SymbolKind::Module, Traits::default());
        let before = self.b.enter(ScopeKind::Module, Some(id));
        self.items(body);
        self.b.leave(before);
    }

    /// Binds what a tree of `use` brings in, below a path.
    fn uses(&mut self, node: Node<'_>, under: &str) {
        if self.depth > tree::DEPTH_MAX {
            return;
        }
        self.depth += 1;
        let below = |path: &str| {
            let path: String = path.chars().filter(|c| !c.is_whitespace()).collect();
            if under.is_empty() { path } else { format!("{under}::{path}") }
        };
        match kind(node) {
            Kind::Scoped | Kind::Identifier | Kind::Crate | Kind::SelfValue | Kind::Super => {
                let whole = below(self.text(node));
                let last = field(node, GRAMMAR.name).unwrap_or(node);
                self.use_one(&whole, last, last);
            }
            Kind::UseAs => {
                if let (Some(path), Some(alias)) =
                    (field(node, GRAMMAR.path), field(node, GRAMMAR.alias))
                {
                    let whole = below(self.text(path));
                    let last = field(path, GRAMMAR.name).unwrap_or(path);
                    self.use_one(&whole, last, alias);
                }
            }
            Kind::UseList => {
                for one in children(node) {
                    self.uses(one, under);
                }
            }
            Kind::ScopedUseList => {
                let path = match field(node, GRAMMAR.path) {
                    Some(path) => below(self.text(path)),
                    None => under.to_owned(),
                };
                if let Some(list) = field(node, GRAMMAR.list) {
                    self.uses(list, &path);
                }
            }
            Kind::UseWildcard => {
                let path = match children(node).first() {
                    Some(path) => below(self.text(*path)),
                    None => under.to_owned(),
                };
                let module = self.b.made_name(&path);
                self.b.bind(module, node.start_byte(), What::Star { module, only_exported: false });
            }
            _ => {}
        }
        self.depth -= 1;
    }

    fn use_one(&mut self, whole: &str, last: Node<'_>, alias: Node<'_>) {
        let at = last.start_byte();
        let (module, item) = match whole.rsplit_once("::") {
            // `use a::{self}`: a itself.
            Some((module, "self")) => match module.rsplit_once("::") {
                Some((outer, inner)) => (outer, Some(inner)),
                None => (module, None),
            },
            Some((module, item)) => (module, Some(item)),
            None => (whole, None),
        };
        let called = match (alias == last, item) {
            (true, Some(item)) => self.b.made_name(item),
            (true, None) => self.b.made_name(module),
            (false, _) => self.name(alias),
        };
        let module = self.b.made_name(module);
        let item = item.map(|item| self.b.made_name(item));
        self.b.bind(called, at, What::Import { module, item, only_exported: false });
        let callee = self.b.named(called, at + 1);
        self.b.site(SiteKind::Import, called, position(last), callee, 0);
    }

    fn constant(&mut self, node: Node<'_>) {
        let Some(name_node) = field(node, GRAMMAR.name) else { return };
        let declared = field(node, GRAMMAR.r#type).map(|of| self.annotation(of));
        let value = field(node, GRAMMAR.value).map(|value| self.value(value));
        if self.text(name_node) == "_" {
            return;
        }
        let name = self.name(name_node);
        let span = tree::span(node, name_node, None, is_comment);
        let in_class = self.b.scope_kind(self.b.scope()) == ScopeKind::Class;
        let kind = if in_class { SymbolKind::Field } else { SymbolKind::Constant };
        let definition = Definition { name, kind, span, traits: Traits::default() };
        let id = self.b.define_value(definition);
        let symbol = self.b.symbol(id);
        symbol.declared = declared;
        symbol.results.extend(value);
    }

    fn alias(&mut self, node: Node<'_>) {
        let Some(name_node) = field(node, GRAMMAR.name) else { return };
        let id = self.define(node, name_node, SymbolKind::Alias, Traits::default());
        let before = self.b.enter(ScopeKind::Block, Some(id));
        let parameters = self.type_parameters(node);
        let base = field(node, GRAMMAR.r#type).map(|of| self.annotation(of));
        let bounds =
            field(node, GRAMMAR.bounds).map(|bounds| self.bounds(bounds)).unwrap_or_default();
        let symbol = self.b.symbol(id);
        symbol.parameters = parameters;
        symbol.bases.extend(base);
        symbol.bases.extend(bounds);
        self.b.leave(before);
    }
}
