//! Go: declarations and statements. Values are in [`value`], types in [`annotation`].

mod annotation;
mod value;

use crate::Language;
use crate::builder::{Builder, Definition};
use crate::extract::{self, Trouble};
use crate::facts::{
    Expression, ExpressionId, Facts, Name, Parameter, ScopeId, ScopeKind, SymbolId, SymbolKind,
    Traits, What,
};
use crate::nesting::Ends;
use crate::tree::{self, children, field};
use tree_sitter::Node;

tree::grammar! {
    tree_sitter_go::LANGUAGE;
    kinds {
        Error = "ERROR", Comment = "comment", Package = "package_clause", Import = "import_declaration",
        ImportSpec = "import_spec", ImportList = "import_spec_list", Dot = "dot", Blank = "blank_identifier",
        Function = "function_declaration", Method = "method_declaration", TypeDeclaration = "type_declaration",
        TypeSpec = "type_spec", TypeAlias = "type_alias", Const = "const_declaration", ConstSpec = "const_spec",
        Var = "var_declaration", VarSpec = "var_spec", VarList = "var_spec_list", Struct = "struct_type",
        FieldList = "field_declaration_list", FieldDeclaration = "field_declaration", Interface = "interface_type",
        MethodElem = "method_elem", TypeElem = "type_elem", TypeConstraint = "type_constraint",
        ParameterDeclaration = "parameter_declaration", Variadic = "variadic_parameter_declaration",
        ParameterList = "parameter_list", TypeParameterDeclaration = "type_parameter_declaration", Block = "block",
        StatementList = "statement_list", ShortVar = "short_var_declaration", Assignment = "assignment_statement",
        If = "if_statement", For = "for_statement", ForClause = "for_clause", Range = "range_clause",
        Switch = "expression_switch_statement", TypeSwitch = "type_switch_statement", TypeCase = "type_case",
        ExpressionCase = "expression_case", DefaultCase = "default_case", Select = "select_statement",
        Communication = "communication_case", Receive = "receive_statement", Return = "return_statement",
        ExpressionList = "expression_list", Identifier = "identifier", FieldIdentifier = "field_identifier",
        TypeIdentifier = "type_identifier", Selector = "selector_expression", Call = "call_expression",
        Composite = "composite_literal", LiteralValue = "literal_value", LiteralElement = "literal_element",
        Keyed = "keyed_element", FuncLiteral = "func_literal", Index = "index_expression",
        SliceExpression = "slice_expression", Unary = "unary_expression", Binary = "binary_expression",
        Parenthesized = "parenthesized_expression", Assertion = "type_assertion_expression",
        Conversion = "type_conversion_expression", Instantiation = "type_instantiation_expression",
        String = "interpreted_string_literal", RawString = "raw_string_literal", Int = "int_literal",
        Float = "float_literal", True = "true", False = "false", Nil = "nil", Rune = "rune_literal",
        Pointer = "pointer_type", Slice = "slice_type", Array = "array_type", ImplicitArray = "implicit_length_array_type",
        Map = "map_type", Channel = "channel_type", FunctionType = "function_type", Qualified = "qualified_type",
        Generic = "generic_type", TypeArguments = "type_arguments", ParenthesizedType = "parenthesized_type",
        Negated = "negated_type", Labeled = "labeled_statement", PackageIdentifier = "package_identifier",
        VariadicArgument = "variadic_argument",
    }
    fields {
        name, path, parameters, result, receiver, body, type_parameters, r#type, value, left, right, initializer,
        condition, consequence, alternative, operand, field, function, arguments, type_arguments, element, key,
        package, alias, operator,
    }
}

/// Reads Go.
pub(crate) struct Go;

impl extract::Extractor for Go {
    fn extract(&self, text: &str, language: Language) -> Result<Facts, Trouble> {
        let tree = tree::parse(&GRAMMAR.language, text, Ends::Line)?;
        let mut walk = Walk { b: Builder::new(language, text), depth: 0 };
        // Types first: methods are members of theirs, wherever in the file they stand.
        let (types, others): (Vec<Node<'_>>, Vec<Node<'_>>) = children(tree.root_node())
            .into_iter()
            .partition(|node| kind(*node) == Kind::TypeDeclaration);
        for node in types.into_iter().chain(others) {
            walk.statement(node);
        }
        Ok(walk.b.finish())
    }

    fn parse(&self, text: &str, _language: Language) -> Result<(), Trouble> {
        tree::parse(&GRAMMAR.language, text, Ends::Line).map(drop)
    }
}

struct Walk<'t> {
    b: Builder<'t>,
    depth: usize,
}

fn is_comment(node: Node<'_>) -> bool {
    kind(node) == Kind::Comment
}

impl<'t> Walk<'t> {
    fn text(&self, node: Node<'_>) -> &'t str {
        tree::text(self.b.text, node)
    }

    fn name(&mut self, node: Node<'_>) -> Name {
        let text = self.text(node);
        self.b.name(text)
    }

    fn traits(&self, name: Node<'_>) -> Traits {
        let is_exported = self.text(name).starts_with(char::is_uppercase);
        Traits { is_exported, ..Traits::default() }
    }

    fn inside(&mut self, node: Node<'_>) {
        for child in children(node) {
            self.statement(child);
        }
    }

    fn block(&mut self, node: Node<'_>) {
        let before = self.b.enter(ScopeKind::Block, None);
        self.inside(node);
        self.b.leave(before);
    }

    fn statement(&mut self, node: Node<'_>) {
        if self.depth > tree::DEPTH_MAX {
            return;
        }
        self.depth += 1;
        match kind(node) {
            Kind::Package => {
                if let Some(name) = children(node).first() {
                    let name = self.name(*name);
                    self.b.package(name);
                }
            }
            Kind::ImportSpec => self.import(node),
            Kind::Const => self.constants(node),
            Kind::Import
            | Kind::ImportList
            | Kind::TypeDeclaration
            | Kind::Var
            | Kind::VarList
            | Kind::StatementList
            | Kind::Labeled => self.inside(node),
            Kind::Function => self.function(node),
            Kind::Method => self.method(node),
            Kind::TypeSpec | Kind::TypeAlias => self.type_spec(node),
            Kind::ConstSpec | Kind::VarSpec => self.variables(node, None),
            Kind::ShortVar | Kind::Assignment => self.assignment(node),
            Kind::If => {
                let before = self.b.enter(ScopeKind::Block, None);
                for part in [GRAMMAR.initializer, GRAMMAR.condition] {
                    if let Some(part) = field(node, part) {
                        self.statement(part);
                    }
                }
                for part in [GRAMMAR.consequence, GRAMMAR.alternative] {
                    if let Some(part) = field(node, part) {
                        self.statement(part);
                    }
                }
                self.b.leave(before);
            }
            Kind::Block
            | Kind::For
            | Kind::ExpressionCase
            | Kind::DefaultCase
            | Kind::Communication
            | Kind::Switch => self.block(node),
            Kind::ForClause | Kind::Select => self.inside(node),
            Kind::Range => self.range(node),
            Kind::TypeSwitch => self.type_switch(node),
            Kind::Receive => self.assignment(node),
            Kind::Return => self.returns(node),
            Kind::Error => {
                self.b.error();
                self.inside(node);
            }
            Kind::Comment => {}
            _ => {
                self.value(node);
            }
        }
        self.depth -= 1;
    }

    fn import(&mut self, node: Node<'_>) {
        let Some(path) = field(node, GRAMMAR.path) else { return };
        let path = self.text(path).trim_matches(['"', '`']);
        let module = self.b.name(path);
        let at = node.start_byte();
        match field(node, GRAMMAR.name) {
            Some(name) if kind(name) == Kind::Dot => {
                self.b.bind(module, at, What::Star { module, only_exported: false });
            }
            Some(name) if kind(name) == Kind::Blank => {}
            Some(name) => {
                let name = self.name(name);
                self.b.bind(name, at, What::Import { module, item: None, only_exported: false });
            }
            None => {
                let name = self.b.name(package_of(path));
                self.b.bind(name, at, What::Import { module, item: None, only_exported: false });
            }
        }
    }

    fn function(&mut self, node: Node<'_>) {
        let Some(name_node) = field(node, GRAMMAR.name) else { return };
        let name = self.name(name_node);
        let span = tree::span(node, name_node, field(node, GRAMMAR.body), is_comment);
        let traits = self.traits(name_node);
        let id = self.b.define(
            Definition { name, kind: SymbolKind::Function, span, traits },
            // `init` may stand several times.
            true,
        );
        self.signed(node, id, None);
    }

    /// Reads a function's parameters, results and body inside its own scope.
    fn signed(&mut self, node: Node<'_>, id: SymbolId, receiver: Option<Node<'_>>) {
        let before = self.b.enter(ScopeKind::Function, Some(id));
        if let Some(receiver) = receiver {
            self.receiver(receiver);
        }
        let parameters = self.type_parameters(node);
        self.b.symbol(id).parameters = parameters;
        let takes =
            field(node, GRAMMAR.parameters).map(|list| self.parameters(list)).unwrap_or_default();
        let declared = field(node, GRAMMAR.result).and_then(|result| self.result(result));
        self.b.sign(id, takes, declared);
        if let Some(body) = field(node, GRAMMAR.body) {
            self.inside(body);
        }
        self.b.leave(before);
    }

    fn receiver(&mut self, list: Node<'_>) {
        for one in children(list) {
            let Some(name) = field(one, GRAMMAR.name) else { continue };
            let at = name.start_byte();
            let name = self.name(name);
            let scope = self.b.scope();
            let this = self.b.expression(Expression::This { scope });
            self.b.variable(name, at, None, Some(this));
        }
    }

    /// A method: a member of its receiver's type, which may stand in another file of the package.
    fn method(&mut self, node: Node<'_>) {
        let (Some(name_node), Some(receiver)) =
            (field(node, GRAMMAR.name), field(node, GRAMMAR.receiver))
        else {
            return;
        };
        let Some(type_node) =
            children(receiver).first().and_then(|one| field(*one, GRAMMAR.r#type))
        else {
            return;
        };
        let (base, arguments) = received(type_node);
        let Some(base) = base else { return };
        let of = self.name(base);
        let name = self.name(name_node);
        let span = tree::span(node, name_node, field(node, GRAMMAR.body), is_comment);
        let traits = self.traits(name_node);
        let own = self.b.declared_type(ScopeId::FILE, of);
        let own_scope =
            own.and_then(|own| self.b.symbol(own).scope).filter(|_| arguments.is_empty());
        let before = match own_scope {
            Some(scope) => self.b.return_to(scope),
            None => {
                let before = self.b.enter(ScopeKind::Class, None);
                let mut applied = Vec::new();
                for argument in arguments {
                    let argument_name = self.name(argument);
                    let at = argument.start_byte();
                    self.b.bind(argument_name, at, What::TypeParameter { bound: None });
                    applied.push(self.b.named(argument_name, at));
                }
                let mut written = self.b.named(of, base.start_byte());
                if !applied.is_empty() {
                    written = self
                        .b
                        .expression(Expression::Apply { base: written, arguments: applied.into() });
                }
                self.b.extend(written, None);
                before
            }
        };
        let id = self.b.define(Definition { name, kind: SymbolKind::Method, span, traits }, false);
        if own_scope.is_none() {
            let symbol = self.b.symbol(id);
            match own {
                Some(own) => symbol.parent = Some(own),
                None => symbol.of = Some(of),
            }
        }
        self.signed(node, id, Some(receiver));
        self.b.leave(before);
    }

    fn type_spec(&mut self, node: Node<'_>) {
        let (Some(name_node), Some(of)) = (field(node, GRAMMAR.name), field(node, GRAMMAR.r#type))
        else {
            return;
        };
        let name = self.name(name_node);
        // A documenting comment stands before the declaration around, where there is one type in it.
        let whole = node.parent().filter(|parent| parent.named_child_count() == 1).unwrap_or(node);
        let span = tree::span(whole, name_node, None, is_comment);
        let traits = self.traits(name_node);
        let kind_of = match kind(of) {
            Kind::Interface => SymbolKind::Interface,
            _ if kind(node) == Kind::TypeAlias => SymbolKind::Alias,
            _ => SymbolKind::Class,
        };
        let id = self.b.define(Definition { name, kind: kind_of, span, traits }, false);
        let before = self.b.enter(ScopeKind::Class, Some(id));
        let parameters = self.type_parameters(node);
        self.b.symbol(id).parameters = parameters;
        match kind(of) {
            Kind::Struct => self.members(of, Some(id)),
            Kind::Interface => self.members(of, Some(id)),
            _ => {
                let base = self.annotation(of);
                if kind_of == SymbolKind::Alias {
                    self.b.symbol(id).bases.push(base);
                } else {
                    // `type A B` has B's fields and elements, though not its methods.
                    self.b.symbol(id).results.push(base);
                    let underlying = self.b.made_name("(underlying)");
                    let what = What::Value {
                        declared: Some(base),
                        value: None,
                        is_field: true,
                        is_narrowed: false,
                    };
                    self.b.bind(underlying, of.start_byte(), what);
                }
            }
        }
        self.b.leave(before);
    }

    /// Constants: one without a type and a value is of the type before it.
    fn constants(&mut self, node: Node<'_>) {
        let mut last = None;
        for spec in children(node) {
            if kind(spec) != Kind::ConstSpec {
                continue;
            }
            if field(spec, GRAMMAR.value).is_some() {
                last = field(spec, GRAMMAR.r#type).map(|of| self.annotation(of));
            }
            self.variables(spec, last);
        }
    }

    fn variables(&mut self, node: Node<'_>, before: Option<ExpressionId>) {
        let declared = match before {
            Some(before) => Some(before),
            None => field(node, GRAMMAR.r#type).map(|node| self.annotation(node)),
        };
        let values: Vec<ExpressionId> = field(node, GRAMMAR.value)
            .map(|list| children(list).into_iter().map(|value| self.value(value)).collect())
            .unwrap_or_default();
        let single = field(node, GRAMMAR.value).and_then(|list| children(list).first().copied());
        let names: Vec<Node<'_>> =
            children(node).into_iter().filter(|child| kind(*child) == Kind::Identifier).collect();
        let count = names.len();
        for (index, name_node) in names.into_iter().enumerate() {
            let value = self.part(&values, index, count, single);
            self.declare(name_node, node, declared, value);
        }
    }

    /// What the index-th of `count` names is given: its own value, or a part of the only one.
    fn part(
        &mut self,
        values: &[ExpressionId],
        index: usize,
        count: usize,
        single: Option<Node<'_>>,
    ) -> ExpressionId {
        if values.len() != 1 || count == 1 {
            return values.get(index).copied().unwrap_or(ExpressionId::UNKNOWN);
        }
        if single.is_some_and(|single| kind(single) == Kind::Call) {
            let index = u8::try_from(index).unwrap_or(u8::MAX);
            return self.b.expression(Expression::Nth { of: values[0], index });
        }
        // `v, ok := m[k]`, `v, ok := x.(T)`.
        if index == 0 { values[0] } else { self.b.builtin("bool", Vec::new()) }
    }

    fn declare(
        &mut self,
        name_node: Node<'_>,
        whole: Node<'_>,
        declared: Option<ExpressionId>,
        value: ExpressionId,
    ) {
        if self.text(name_node) == "_" {
            return;
        }
        let name = self.name(name_node);
        let known = Some(value).filter(|value| *value != ExpressionId::UNKNOWN);
        if self.b.scope_kind(self.b.scope()) == ScopeKind::Module {
            let span = tree::span(whole, name_node, None, is_comment);
            let traits = self.traits(name_node);
            let definition = Definition { name, kind: SymbolKind::Constant, span, traits };
            let id = self.b.define_value(definition);
            let symbol = self.b.symbol(id);
            symbol.declared = symbol.declared.or(declared);
            symbol.results.extend(known);
        } else {
            self.b.variable(name, whole.end_byte(), declared, known);
        }
    }

    fn assignment(&mut self, node: Node<'_>) {
        let right = field(node, GRAMMAR.right);
        let (values, single) = match right {
            Some(right) if kind(right) == Kind::ExpressionList => {
                let all = children(right);
                (all.iter().map(|value| self.value(*value)).collect(), all.first().copied())
            }
            Some(right) => (vec![self.value(right)], Some(right)),
            None => (Vec::new(), None),
        };
        let Some(left) = field(node, GRAMMAR.left) else { return };
        let names = children(left);
        let count = names.len();
        let declares = kind(node) != Kind::Assignment;
        for (index, one) in names.into_iter().enumerate() {
            if kind(one) != Kind::Identifier {
                self.value(one);
                continue;
            }
            let value = self.part(&values, index, count, single);
            if declares {
                self.declare(one, node, None, value);
            } else if value != ExpressionId::UNKNOWN {
                let name = self.name(one);
                self.b.assign(name, node.end_byte(), value);
            }
        }
    }

    fn range(&mut self, node: Node<'_>) {
        let of =
            field(node, GRAMMAR.right).map_or(ExpressionId::UNKNOWN, |right| self.value(right));
        let Some(left) = field(node, GRAMMAR.left) else { return };
        for (index, one) in children(left).into_iter().enumerate() {
            if kind(one) != Kind::Identifier {
                self.value(one);
                continue;
            }
            let value = match (index, of) {
                (_, ExpressionId::UNKNOWN) => of,
                (0, of) => {
                    let key = self.b.made_name("(key)");
                    self.b.member(of, key)
                }
                (_, of) => self.b.expression(Expression::Index(of)),
            };
            self.declare(one, node, None, value);
        }
    }

    fn type_switch(&mut self, node: Node<'_>) {
        let before = self.b.enter(ScopeKind::Block, None);
        if let Some(first) = field(node, GRAMMAR.initializer) {
            self.statement(first);
        }
        let value =
            field(node, GRAMMAR.value).map_or(ExpressionId::UNKNOWN, |value| self.value(value));
        let alias = field(node, GRAMMAR.alias).and_then(|list| children(list).first().copied());
        for case in children(node) {
            if !matches!(kind(case), Kind::TypeCase | Kind::DefaultCase) {
                continue;
            }
            let inner = self.b.enter(ScopeKind::Block, None);
            let mut cursor = case.walk();
            let types: Vec<Node<'_>> = if GRAMMAR.r#type == 0 {
                Vec::new()
            } else {
                case.children_by_field_id(
                    std::num::NonZeroU16::new(GRAMMAR.r#type).unwrap_or(std::num::NonZeroU16::MIN),
                    &mut cursor,
                )
                .filter(|node| node.is_named())
                .collect()
            };
            let written: Vec<ExpressionId> =
                types.iter().map(|one| self.annotation(*one)).collect();
            if let Some(alias) = alias {
                let name = self.name(alias);
                let declared = match written[..] {
                    [one] => Some(one),
                    _ => None,
                };
                let known = Some(value).filter(|value| *value != ExpressionId::UNKNOWN);
                self.b.variable(name, case.start_byte(), declared, known);
            }
            for child in children(case) {
                if !types.contains(&child) {
                    self.statement(child);
                }
            }
            self.b.leave(inner);
        }
        self.b.leave(before);
    }

    fn returns(&mut self, node: Node<'_>) {
        let mut values = Vec::new();
        for list in children(node) {
            if kind(list) == Kind::ExpressionList {
                values.extend(children(list).into_iter().map(|value| self.value(value)));
            } else {
                self.statement(list);
            }
        }
    }
}

/// The name of a receiver's type, and what it calls that type's parameters.
fn received(node: Node<'_>) -> (Option<Node<'_>>, Vec<Node<'_>>) {
    let mut node = node;
    while matches!(kind(node), Kind::Pointer | Kind::ParenthesizedType) {
        match children(node).first() {
            Some(inner) => node = *inner,
            None => return (None, Vec::new()),
        }
    }
    if kind(node) == Kind::Generic {
        let arguments = field(node, GRAMMAR.type_arguments).map(children).unwrap_or_default();
        let arguments =
            arguments.into_iter().filter_map(|one| children(one).first().copied()).collect();
        return (field(node, GRAMMAR.r#type), arguments);
    }
    (Some(node).filter(|node| kind(*node) == Kind::TypeIdentifier), Vec::new())
}

/// What a package is called by custom: the last part of its path that is no version.
fn package_of(path: &str) -> &str {
    let mut parts = path.rsplit('/');
    let last = parts.next().unwrap_or(path);
    let is_version = last
        .strip_prefix('v')
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()));
    let last = if is_version { parts.next().unwrap_or(last) } else { last };
    let last = last.split(".v").next().unwrap_or(last);
    let last = last.strip_prefix("go-").unwrap_or(last);
    last.strip_suffix("-go").or_else(|| last.strip_suffix(".go")).unwrap_or(last)
}

impl Walk<'_> {
    /// Binds what a function takes.
    fn parameters(&mut self, list: Node<'_>) -> Vec<Parameter> {
        let mut takes = Vec::new();
        for one in children(list) {
            if !matches!(kind(one), Kind::ParameterDeclaration | Kind::Variadic) {
                continue;
            }
            let mut declared = field(one, GRAMMAR.r#type).map(|node| self.annotation(node));
            if kind(one) == Kind::Variadic {
                declared = declared.map(|of| self.b.builtin("slice", vec![of]));
            }
            let names: Vec<Node<'_>> = children(one)
                .into_iter()
                .filter(|child| kind(*child) == Kind::Identifier)
                .collect();
            if names.is_empty() {
                takes.push(Parameter { name: None, declared });
            }
            for name_node in names {
                let name = self.name(name_node);
                self.b.variable(name, name_node.start_byte(), declared, None);
                takes.push(Parameter { name: Some(name), declared });
            }
        }
        takes
    }

    /// The type of a function's result; of several: a tuple, whose named parts are variables.
    fn result(&mut self, node: Node<'_>) -> Option<ExpressionId> {
        if kind(node) != Kind::ParameterList {
            return Some(self.annotation(node)).filter(|of| *of != ExpressionId::UNKNOWN);
        }
        let all: Vec<ExpressionId> = self
            .parameters(node)
            .into_iter()
            .map(|one| one.declared.unwrap_or(ExpressionId::UNKNOWN))
            .collect();
        match all[..] {
            [] => None,
            [one] => Some(one),
            _ => Some(self.b.expression(Expression::Tuple(all.into()))),
        }
    }
}
