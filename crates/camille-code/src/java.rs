//! Java: types, members and statements. Values are in [`value`], types in [`annotation`].

mod annotation;
mod value;

use crate::Language;
use crate::builder::{Builder, Definition};
use crate::extract::{self, Trouble};
use crate::facts::{
    Expression, ExpressionId, Facts, Name, Parameter, ScopeKind, SiteKind, SymbolKind, Traits, What,
};
use crate::nesting::Ends;
use crate::tree::{self, children, field, position};
use tree_sitter::Node;

tree::grammar! {
    tree_sitter_java::LANGUAGE;
    kinds {
        Error = "ERROR", LineComment = "line_comment", BlockComment = "block_comment", Package = "package_declaration",
        Import = "import_declaration", Asterisk = "asterisk", Class = "class_declaration",
        Interface = "interface_declaration", Enum = "enum_declaration", Record = "record_declaration",
        AnnotationType = "annotation_type_declaration", AnnotationElement = "annotation_type_element_declaration",
        EnumBodyDeclarations = "enum_body_declarations", EnumConstant = "enum_constant", ClassBody = "class_body",
        Method = "method_declaration", Constructor = "constructor_declaration",
        CompactConstructor = "compact_constructor_declaration", Field = "field_declaration",
        Constant = "constant_declaration", Declarator = "variable_declarator", Modifiers = "modifiers",
        Annotation = "annotation", MarkerAnnotation = "marker_annotation", Superclass = "superclass",
        Interfaces = "super_interfaces", ExtendsInterfaces = "extends_interfaces", TypeList = "type_list",
        TypeParameters = "type_parameters", TypeParameter = "type_parameter", TypeBound = "type_bound",
        FormalParameter = "formal_parameter", SpreadParameter = "spread_parameter", Block = "block",
        ConstructorBody = "constructor_body", StaticInitializer = "static_initializer",
        LocalVariable = "local_variable_declaration", ExpressionStatement = "expression_statement",
        If = "if_statement", For = "for_statement", EnhancedFor = "enhanced_for_statement", While = "while_statement",
        Do = "do_statement", Try = "try_statement", TryResources = "try_with_resources_statement", Resource = "resource",
        Catch = "catch_clause", CatchParameter = "catch_formal_parameter", CatchType = "catch_type",
        Return = "return_statement", Switch = "switch_expression", SwitchGroup = "switch_block_statement_group",
        SwitchRule = "switch_rule", Labeled = "labeled_statement", Synchronized = "synchronized_statement",
        ExplicitConstructor = "explicit_constructor_invocation", Invocation = "method_invocation",
        Creation = "object_creation_expression", ArrayCreation = "array_creation_expression",
        FieldAccess = "field_access", ArrayAccess = "array_access", Identifier = "identifier", This = "this",
        Super = "super", Assignment = "assignment_expression", Cast = "cast_expression", Ternary = "ternary_expression",
        Binary = "binary_expression", Unary = "unary_expression", Update = "update_expression",
        InstanceOf = "instanceof_expression", Lambda = "lambda_expression", InferredParameters = "inferred_parameters",
        FormalParameters = "formal_parameters", MethodReference = "method_reference", ClassLiteral = "class_literal",
        Parenthesized = "parenthesized_expression", String = "string_literal", Integer = "decimal_integer_literal",
        Null = "null_literal", True = "true", False = "false", Character = "character_literal",
        TypeIdentifier = "type_identifier", ScopedType = "scoped_type_identifier", ScopedIdentifier = "scoped_identifier",
        GenericType = "generic_type", TypeArguments = "type_arguments", ArrayType = "array_type",
        AnnotatedType = "annotated_type", Wildcard = "wildcard", VoidType = "void_type", IntegralType = "integral_type",
        FloatingType = "floating_point_type", BooleanType = "boolean_type", TypePattern = "type_pattern",
        RecordPattern = "record_pattern", Arguments = "argument_list", ArrayInitializer = "array_initializer",
    }
    fields {
        name, body, type_parameters, parameters, r#type, value, arguments, object, field,
        condition, consequence, alternative, left, right, element, constructor, array, index,
    }
}

/// Reads Java.
pub(crate) struct Java;

impl extract::Extractor for Java {
    fn extract(&self, text: &str, language: Language) -> Result<Facts, Trouble> {
        let tree = tree::parse(&GRAMMAR.language, text, Ends::Comma)?;
        let mut walk = Walk { b: Builder::new(language, text), depth: 0 };
        walk.inside(tree.root_node());
        Ok(walk.b.finish())
    }

    fn parse(&self, text: &str, _language: Language) -> Result<(), Trouble> {
        tree::parse(&GRAMMAR.language, text, Ends::Comma).map(drop)
    }
}

struct Walk<'t> {
    b: Builder<'t>,
    depth: usize,
}

fn is_comment(node: Node<'_>) -> bool {
    matches!(kind(node), Kind::LineComment | Kind::BlockComment)
}

impl<'t> Walk<'t> {
    fn text(&self, node: Node<'_>) -> &'t str {
        tree::text(self.b.text, node)
    }

    fn name(&mut self, node: Node<'_>) -> Name {
        let text = self.text(node);
        self.b.name(text)
    }

    /// The name under which a method is found: variables of its name are something else.
    fn called(&mut self, node: Node<'_>) -> Name {
        let called = format!("{}()", self.text(node));
        self.b.made_name(&called)
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
                if let Some(name) = children(node).into_iter().find(|one| is_path(*one)) {
                    let name = self.name(name);
                    self.b.package(name);
                }
            }
            Kind::Import => self.import(node),
            Kind::Class | Kind::Interface | Kind::Enum | Kind::Record | Kind::AnnotationType => {
                self.type_declaration(node);
            }
            Kind::EnumConstant => self.enum_constant(node),
            Kind::Method
            | Kind::Constructor
            | Kind::CompactConstructor
            | Kind::AnnotationElement => {
                self.method(node);
            }
            Kind::Field | Kind::Constant => self.fields(node),
            Kind::LocalVariable => self.locals(node),
            Kind::Block
            | Kind::ConstructorBody
            | Kind::For
            | Kind::SwitchGroup
            | Kind::SwitchRule
            | Kind::Try
            | Kind::TryResources => self.block(node),
            Kind::StaticInitializer | Kind::EnumBodyDeclarations | Kind::Labeled => {
                self.inside(node)
            }
            Kind::If => {
                let before = self.b.enter(ScopeKind::Block, None);
                for part in [GRAMMAR.condition, GRAMMAR.consequence, GRAMMAR.alternative] {
                    if let Some(part) = field(node, part) {
                        self.statement(part);
                    }
                }
                self.b.leave(before);
            }
            Kind::EnhancedFor => self.for_each(node),
            Kind::Resource => self.resource(node),
            Kind::Catch => self.catch(node),
            Kind::Return => {
                for child in children(node) {
                    let value = self.value(child);
                    if let Some(function) = self.b.function() {
                        self.b.symbol(function).results.push(value);
                    }
                }
            }
            Kind::ExplicitConstructor => {
                let which = field(node, GRAMMAR.constructor);
                let list = field(node, GRAMMAR.arguments);
                let mut callee = ExpressionId::UNKNOWN;
                if let Some(which) = which {
                    let of = self.value(which);
                    let init = self.b.made_name("<init>");
                    callee = self.b.member(of, init);
                    let name = self.name(which);
                    let given = list.map_or(0, |list| list.named_child_count());
                    self.b.site(SiteKind::Call, name, position(which), callee, given);
                }
                if let Some(list) = list {
                    self.arguments(list, callee);
                }
            }
            Kind::Modifiers => self.annotations(node),
            Kind::Error => {
                self.b.error();
                self.inside(node);
            }
            Kind::LineComment | Kind::BlockComment => {}
            _ => {
                self.value(node);
            }
        }
        self.depth -= 1;
    }

    fn import(&mut self, node: Node<'_>) {
        let parts = children(node);
        let Some(path) = parts.iter().find(|one| is_path(**one)) else { return };
        let whole: &'t str = self.text(*path);
        let at = node.start_byte();
        if parts.iter().any(|one| kind(*one) == Kind::Asterisk) {
            let module = self.b.name(whole);
            self.b.bind(module, at, What::Star { module, only_exported: false });
            return;
        }
        let Some((module, item)) = whole.rsplit_once('.') else { return };
        let (module, item) = (self.b.name(module), self.b.name(item));
        if self.text(node).contains("static") {
            let called = format!("{}()", self.b.text_of(item));
            let called = self.b.made_name(&called);
            self.b.bind(
                called,
                at,
                What::Import { module, item: Some(called), only_exported: false },
            );
        }
        self.b.bind(item, at, What::Import { module, item: Some(item), only_exported: false });
        let callee = self.b.named(item, at + 1);
        let last = field(*path, GRAMMAR.name).unwrap_or(*path);
        self.b.site(SiteKind::Import, item, position(last), callee, 0);
    }

    fn annotations(&mut self, node: Node<'_>) {
        for one in children(node) {
            if !matches!(kind(one), Kind::Annotation | Kind::MarkerAnnotation) {
                continue;
            }
            if let Some(name_node) = field(one, GRAMMAR.name) {
                let name = self.name(name_node);
                let named = self.b.named(name, name_node.start_byte());
                self.b.site(SiteKind::Type, name, position(name_node), named, 0);
            }
            if let Some(list) = field(one, GRAMMAR.arguments) {
                for argument in children(list) {
                    self.value(argument);
                }
            }
        }
    }

    /// What the words before a declaration say, and whether there is one among them.
    fn traits(&mut self, node: Node<'_>) -> Traits {
        let mut traits = Traits::default();
        for modifiers in children(node).into_iter().filter(|one| kind(*one) == Kind::Modifiers) {
            self.annotations(modifiers);
            for word in self.text(modifiers).split_whitespace() {
                match word {
                    "static" => traits.is_static = true,
                    "abstract" => traits.is_abstract = true,
                    "public" | "protected" => traits.is_exported = true,
                    _ => {}
                }
            }
        }
        traits
    }

    fn type_declaration(&mut self, node: Node<'_>) {
        let Some(name_node) = field(node, GRAMMAR.name) else { return };
        let traits = self.traits(node);
        let name = self.name(name_node);
        let body = field(node, GRAMMAR.body);
        let span = tree::span(node, name_node, body, is_comment);
        let of = match kind(node) {
            Kind::Interface | Kind::AnnotationType => SymbolKind::Interface,
            _ => SymbolKind::Class,
        };
        let id = self.b.define(Definition { name, kind: of, span, traits }, false);
        let before = self.b.enter(ScopeKind::Class, Some(id));
        let parameters = self.type_parameters(node);
        let mut bases = Vec::new();
        for list in children(node) {
            if matches!(kind(list), Kind::Superclass | Kind::Interfaces | Kind::ExtendsInterfaces) {
                self.bases(list, &mut bases);
            }
        }
        let symbol = self.b.symbol(id);
        symbol.parameters = parameters;
        symbol.bases = bases;
        if kind(node) == Kind::Record {
            self.record(node);
        }
        if let Some(body) = body {
            self.inside(body);
        }
        self.b.leave(before);
    }

    fn bases(&mut self, node: Node<'_>, bases: &mut Vec<ExpressionId>) {
        for one in children(node) {
            if kind(one) == Kind::TypeList {
                self.bases(one, bases);
            } else {
                let base = self.annotation(one);
                bases.push(base);
            }
        }
    }

    /// A record's parts are fields that are read by methods of their names.
    fn record(&mut self, node: Node<'_>) {
        for one in field(node, GRAMMAR.parameters).map(children).unwrap_or_default() {
            let (Some(name_node), Some(of)) =
                (field(one, GRAMMAR.name), field(one, GRAMMAR.r#type))
            else {
                continue;
            };
            let declared = Some(self.annotation(of));
            let name = self.name(name_node);
            let span = tree::span(one, name_node, None, is_comment);
            let traits = Traits { is_exported: true, ..Traits::default() };
            let called = self.called(name_node);
            let definition = Definition { name, kind: SymbolKind::Method, span, traits };
            let id = self.b.define_as(definition, false, called);
            self.b.symbol(id).declared = declared;
            let what = What::Value { declared, value: None, is_field: true, is_narrowed: false };
            self.b.bind(name, name_node.start_byte(), what);
        }
    }

    fn enum_constant(&mut self, node: Node<'_>) {
        let Some(name_node) = field(node, GRAMMAR.name) else { return };
        let name = self.name(name_node);
        let scope = self.b.scope();
        let this = self.b.expression(Expression::This { scope });
        let span = tree::span(node, name_node, None, is_comment);
        let traits = Traits { is_static: true, is_exported: true, ..Traits::default() };
        let id = self.b.define_value(Definition { name, kind: SymbolKind::Field, span, traits });
        self.b.symbol(id).results.push(this);
        if let Some(list) = field(node, GRAMMAR.arguments) {
            self.arguments(list, ExpressionId::UNKNOWN);
        }
        if let Some(body) = field(node, GRAMMAR.body) {
            let class = self.b.expression(Expression::ThisClass { scope });
            self.anonymous(body, class);
        }
    }

    /// A class without a name, on a base.
    fn anonymous(&mut self, body: Node<'_>, base: ExpressionId) {
        let name = self.b.made_name("(anonymous)");
        let span = tree::span(body, body, None, is_comment);
        let definition =
            Definition { name, kind: SymbolKind::Class, span, traits: Traits::default() };
        let id = self.b.define(definition, true);
        let before = self.b.enter(ScopeKind::Class, Some(id));
        self.b.symbol(id).bases.push(base);
        self.inside(body);
        self.b.leave(before);
    }

    fn method(&mut self, node: Node<'_>) {
        let Some(name_node) = field(node, GRAMMAR.name) else { return };
        let body = field(node, GRAMMAR.body);
        let mut traits = self.traits(node);
        let is_constructor = matches!(kind(node), Kind::Constructor | Kind::CompactConstructor);
        traits.is_abstract |= body.is_none() && !is_constructor;
        traits.is_declaration = body.is_none();
        // A constructor bears its type's name: under that, names would find it instead of the type.
        let name = if is_constructor { self.b.made_name("<init>") } else { self.name(name_node) };
        let span = tree::span(node, name_node, body, is_comment);
        let called = if is_constructor { name } else { self.called(name_node) };
        let definition = Definition { name, kind: SymbolKind::Method, span, traits };
        let id = self.b.define_as(definition, false, called);
        let before = self.b.enter(ScopeKind::Function, Some(id));
        let generic = self.type_parameters(node);
        let takes =
            field(node, GRAMMAR.parameters).map(|list| self.parameters(list)).unwrap_or_default();
        let declared = field(node, GRAMMAR.r#type).map(|of| self.annotation(of));
        if self.b.symbol(id).parameters.is_empty() {
            self.b.symbol(id).parameters = generic;
        }
        self.b.sign(id, takes, declared);
        if let Some(body) = body {
            self.inside(body);
        }
        self.b.leave(before);
    }

    fn parameters(&mut self, list: Node<'_>) -> Vec<Parameter> {
        let mut takes = Vec::new();
        for one in children(list) {
            match kind(one) {
                Kind::FormalParameter => {
                    self.traits(one);
                    let declared = field(one, GRAMMAR.r#type).map(|of| self.annotation(of));
                    let Some(name_node) = field(one, GRAMMAR.name) else { continue };
                    let name = self.name(name_node);
                    self.b.variable(name, name_node.start_byte(), declared, None);
                    takes.push(Parameter { name: Some(name), declared });
                }
                Kind::SpreadParameter => {
                    let mut declared = None;
                    for part in children(one) {
                        if kind(part) == Kind::Declarator {
                            let Some(name_node) = field(part, GRAMMAR.name) else { continue };
                            let name = self.name(name_node);
                            let of = declared.unwrap_or(ExpressionId::UNKNOWN);
                            let many = Some(self.b.builtin("slice", vec![of]));
                            self.b.variable(name, name_node.start_byte(), many, None);
                            takes.push(Parameter { name: Some(name), declared: many });
                        } else if kind(part) != Kind::Modifiers {
                            declared = Some(self.annotation(part));
                        }
                    }
                }
                _ => {}
            }
        }
        takes
    }

    fn fields(&mut self, node: Node<'_>) {
        let traits = self.traits(node);
        let declared = field(node, GRAMMAR.r#type).map(|of| self.annotation(of));
        for one in children(node).into_iter().filter(|one| kind(*one) == Kind::Declarator) {
            let Some(name_node) = field(one, GRAMMAR.name) else { continue };
            let value = field(one, GRAMMAR.value).map(|value| self.value(value));
            let name = self.name(name_node);
            let span = tree::span(node, name_node, None, is_comment);
            let id =
                self.b.define_value(Definition { name, kind: SymbolKind::Field, span, traits });
            let symbol = self.b.symbol(id);
            symbol.declared = declared;
            symbol.results.extend(value);
        }
    }

    fn locals(&mut self, node: Node<'_>) {
        let type_node = field(node, GRAMMAR.r#type);
        let declared = type_node.filter(|of| self.text(*of) != "var").map(|of| self.annotation(of));
        for one in children(node).into_iter().filter(|one| kind(*one) == Kind::Declarator) {
            let Some(name_node) = field(one, GRAMMAR.name) else { continue };
            let value = field(one, GRAMMAR.value)
                .map(|value| self.value(value))
                .filter(|value| *value != ExpressionId::UNKNOWN);
            let name = self.name(name_node);
            self.b.variable(name, name_node.start_byte(), declared, value);
        }
    }

    fn for_each(&mut self, node: Node<'_>) {
        let from =
            field(node, GRAMMAR.value).map_or(ExpressionId::UNKNOWN, |value| self.value(value));
        let before = self.b.enter(ScopeKind::Block, None);
        let declared = field(node, GRAMMAR.r#type)
            .filter(|of| self.text(*of) != "var")
            .map(|of| self.annotation(of));
        let element = self.b.expression(Expression::Element(from));
        if let Some(name_node) = field(node, GRAMMAR.name) {
            let name = self.name(name_node);
            self.b.variable(name, name_node.start_byte(), declared, Some(element));
        }
        if let Some(body) = field(node, GRAMMAR.body) {
            self.statement(body);
        }
        self.b.leave(before);
    }

    fn resource(&mut self, node: Node<'_>) {
        let declared = field(node, GRAMMAR.r#type)
            .filter(|of| self.text(*of) != "var")
            .map(|of| self.annotation(of));
        let value = field(node, GRAMMAR.value).map(|value| self.value(value));
        if let Some(name_node) = field(node, GRAMMAR.name) {
            let name = self.name(name_node);
            self.b.variable(name, name_node.start_byte(), declared, value);
        } else {
            self.inside(node);
        }
    }

    fn catch(&mut self, node: Node<'_>) {
        let before = self.b.enter(ScopeKind::Block, None);
        for part in children(node) {
            if kind(part) != Kind::CatchParameter {
                self.statement(part);
                continue;
            }
            let mut of = Vec::new();
            for one in children(part).into_iter().filter(|one| kind(*one) == Kind::CatchType) {
                of.extend(children(one).into_iter().map(|one| self.annotation(one)));
            }
            let declared = Some(self.b.union(of));
            if let Some(name_node) = field(part, GRAMMAR.name) {
                let name = self.name(name_node);
                self.b.variable(name, name_node.start_byte(), declared, None);
            }
        }
        self.b.leave(before);
    }

    /// Binds type parameters and gives their names.
    fn type_parameters(&mut self, node: Node<'_>) -> Vec<Name> {
        let mut names = Vec::new();
        for one in field(node, GRAMMAR.type_parameters).map(children).unwrap_or_default() {
            let parts = children(one);
            let Some(name_node) = parts.iter().find(|part| kind(**part) == Kind::TypeIdentifier)
            else {
                continue;
            };
            let name = self.name(*name_node);
            let mut of = Vec::new();
            for bound in parts.iter().filter(|part| kind(**part) == Kind::TypeBound) {
                of.extend(children(*bound).into_iter().map(|one| self.annotation(one)));
            }
            let bound = Some(self.b.union(of)).filter(|bound| *bound != ExpressionId::UNKNOWN);
            self.b.bind(name, name_node.start_byte(), What::TypeParameter { bound });
            names.push(name);
        }
        names
    }
}

fn is_path(node: Node<'_>) -> bool {
    matches!(kind(node), Kind::Identifier | Kind::ScopedIdentifier)
}
