//! Python: definitions and statements. Values are in [`value`], types in [`annotation`]. Never looks at another file, and
//! walks into what the grammar did not understand.

mod annotation;
mod definition;
mod value;

use crate::builder::Builder;
use crate::extract::Trouble;
use crate::facts::{Expression, ExpressionId, Facts, Name, ScopeKind, SiteKind, What};
use crate::nesting::Ends;
use crate::tree::{self, children, field, position};
use crate::{Language, extract};
use tree_sitter::Node;

tree::grammar! {
    tree_sitter_python::LANGUAGE;
    kinds {
        Module = "module", Block = "block", Error = "ERROR", Comment = "comment",
        Function = "function_definition", Class = "class_definition", Decorated = "decorated_definition",
        Decorator = "decorator", Import = "import_statement", ImportFrom = "import_from_statement",
        FutureImport = "future_import_statement", Dotted = "dotted_name", Aliased = "aliased_import",
        Relative = "relative_import", Wildcard = "wildcard_import", ExpressionStatement = "expression_statement",
        Assignment = "assignment", Augmented = "augmented_assignment", If = "if_statement", Elif = "elif_clause",
        Else = "else_clause", For = "for_statement", While = "while_statement", Try = "try_statement",
        Except = "except_clause", ExceptGroup = "except_group_clause", Finally = "finally_clause",
        With = "with_statement", WithClause = "with_clause", WithItem = "with_item", Return = "return_statement",
        Raise = "raise_statement", Assert = "assert_statement", Global = "global_statement",
        TypeAlias = "type_alias_statement", Match = "match_statement", Case = "case_clause",
        Identifier = "identifier", Attribute = "attribute", Call = "call", Arguments = "argument_list",
        Keyword = "keyword_argument", String = "string", Strings = "concatenated_string",
        Interpolation = "interpolation", Integer = "integer", Float = "float", True = "true", False = "false",
        None = "none", List = "list", Tuple = "tuple", ExpressionList = "expression_list", Dictionary = "dictionary",
        Pair = "pair", Set = "set", ListComprehension = "list_comprehension",
        SetComprehension = "set_comprehension", DictComprehension = "dictionary_comprehension",
        Generator = "generator_expression", ForIn = "for_in_clause", IfClause = "if_clause",
        Binary = "binary_operator", Boolean = "boolean_operator", Not = "not_operator", Unary = "unary_operator",
        Comparison = "comparison_operator", Conditional = "conditional_expression", Await = "await",
        Yield = "yield", Subscript = "subscript", Slice = "slice", Parenthesized = "parenthesized_expression",
        Walrus = "named_expression", Lambda = "lambda", ListSplat = "list_splat",
        DictionarySplat = "dictionary_splat", AsPattern = "as_pattern", AsTarget = "as_pattern_target",
        PatternList = "pattern_list", TuplePattern = "tuple_pattern", ListPattern = "list_pattern",
        SplatPattern = "list_splat_pattern", DictionarySplatPattern = "dictionary_splat_pattern",
        TypedParameter = "typed_parameter", DefaultParameter = "default_parameter",
        TypedDefaultParameter = "typed_default_parameter", Type = "type", GenericType = "generic_type",
        UnionType = "union_type", MemberType = "member_type", TypeParameters = "type_parameter",
        Ellipsis = "ellipsis", Continue = "continue_statement", Break = "break_statement", Pass = "pass_statement",
    }
    fields {
        name, parameters, return_type, body, superclasses, type_parameters, module_name, alias, left,
        right, r#type, condition, consequence, alternative, value, function, arguments, object, attribute, subscript,
        operator, argument,
    }
}

/// Reads Python.
pub(crate) struct Python;

impl extract::Extractor for Python {
    fn extract(&self, text: &str, language: Language) -> Result<Facts, Trouble> {
        let tree = tree::parse(&GRAMMAR.language, text, Ends::Line)?;
        let mut walk =
            Walk { b: Builder::new(language, text), depth: 0, after: 0, globals: Vec::new() };
        walk.suite(tree.root_node());
        Ok(walk.b.finish())
    }

    fn parse(&self, text: &str, _language: Language) -> Result<(), Trouble> {
        tree::parse(&GRAMMAR.language, text, Ends::Line).map(drop)
    }
}

struct Walk<'t> {
    b: Builder<'t>,
    depth: usize,
    /// Where the assignment that is being read ends: what it binds holds only from there on (`x = x.next()`).
    after: usize,
    /// Names that a function says belong to the module.
    globals: Vec<(crate::facts::ScopeId, Name)>,
}

impl<'t> Walk<'t> {
    fn text(&self, node: Node<'_>) -> &'t str {
        tree::text(self.b.text, node)
    }

    fn name(&mut self, node: Node<'_>) -> Name {
        let text = self.text(node);
        self.b.name(text)
    }

    /// The statements of a block, in order.
    fn suite(&mut self, node: Node<'_>) {
        for child in children(node) {
            self.statement(child);
        }
    }

    /// A block of its own: an assignment in it may not have happened.
    fn block(&mut self, node: Option<Node<'_>>) {
        let Some(node) = node else { return };
        let before = self.b.enter(ScopeKind::Block, None);
        self.suite(node);
        self.b.leave(before);
    }

    fn statement(&mut self, node: Node<'_>) {
        if self.depth > tree::DEPTH_MAX {
            return;
        }
        self.depth += 1;
        match kind(node) {
            Kind::Function => self.function(node, &[]),
            Kind::Class => self.class(node, &[]),
            Kind::Decorated => self.decorated(node),
            Kind::Import => self.import(node),
            Kind::ImportFrom => self.import_from(node),
            Kind::FutureImport | Kind::Comment => {}
            Kind::ExpressionStatement => {
                for child in children(node) {
                    self.value(child);
                }
            }
            Kind::If => self.if_statement(node),
            Kind::For => self.for_statement(node),
            Kind::While => {
                if let Some(condition) = field(node, GRAMMAR.condition) {
                    self.value(condition);
                    let before = self.b.enter(ScopeKind::Block, None);
                    self.narrow(condition);
                    if let Some(body) = field(node, GRAMMAR.body) {
                        self.suite(body);
                    }
                    self.b.leave(before);
                }
                if let Some(rest) = field(node, GRAMMAR.alternative) {
                    self.statement(rest);
                }
            }
            Kind::Except | Kind::ExceptGroup => {
                let before = self.b.enter(ScopeKind::Block, None);
                for child in children(node) {
                    match kind(child) {
                        Kind::Block => self.suite(child),
                        Kind::AsPattern => self.caught(child),
                        _ => {
                            self.value(child);
                        }
                    }
                }
                self.b.leave(before);
            }
            Kind::With => self.with_statement(node),
            Kind::Return => {
                for child in children(node) {
                    let value = self.value(child);
                    if let Some(function) = self.b.function() {
                        self.b.symbol(function).results.push(value);
                    }
                }
            }
            Kind::Assert => {
                let parts = children(node);
                for &part in &parts {
                    self.value(part);
                }
                if let Some(&condition) = parts.first() {
                    self.narrow(condition);
                }
            }
            Kind::Global => {
                let scope = self.b.owning_scope();
                for child in children(node) {
                    let name = self.name(child);
                    self.globals.push((scope, name));
                }
            }
            Kind::TypeAlias => self.type_alias(node),
            Kind::Block | Kind::Else | Kind::Finally => self.blocks(node),
            Kind::Error => {
                self.b.error();
                self.blocks(node);
            }
            Kind::Try | Kind::Match | Kind::Case | Kind::Raise => self.blocks(node),
            _ => {
                self.value(node);
            }
        }
        self.depth -= 1;
    }

    /// Whatever stands inside, each block on its own.
    fn blocks(&mut self, node: Node<'_>) {
        for child in children(node) {
            if kind(child) == Kind::Block {
                self.block(Some(child));
            } else {
                self.statement(child);
            }
        }
    }

    fn if_statement(&mut self, node: Node<'_>) {
        let condition = field(node, GRAMMAR.condition);
        if let Some(condition) = condition {
            self.value(condition);
        }
        let before = self.b.enter(ScopeKind::Block, None);
        if let Some(condition) = condition {
            self.narrow(condition);
        }
        let body = field(node, GRAMMAR.consequence);
        if let Some(body) = body {
            self.suite(body);
        }
        self.b.leave(before);
        let mut alternatives = 0;
        for child in children(node) {
            match kind(child) {
                Kind::Elif => {
                    alternatives += 1;
                    self.if_statement(child);
                }
                Kind::Else => {
                    alternatives += 1;
                    self.blocks(child);
                }
                _ => {}
            }
        }
        if let (Some(condition), Some(body), 0) = (condition, body, alternatives)
            && ends(body)
        {
            self.narrow_otherwise(condition);
        }
    }

    /// Binds what a condition that holds says of a name: `isinstance(x, T)`.
    fn narrow(&mut self, condition: Node<'_>) {
        match kind(condition) {
            Kind::Parenthesized => {
                for child in children(condition) {
                    self.narrow(child);
                }
            }
            Kind::Boolean => {
                let operator = field(condition, GRAMMAR.operator);
                if operator.is_some_and(|operator| operator.kind() == "and") {
                    for side in [GRAMMAR.left, GRAMMAR.right] {
                        if let Some(side) = field(condition, side) {
                            self.narrow(side);
                        }
                    }
                }
            }
            Kind::Call => {
                let Some((function, arguments)) =
                    field(condition, GRAMMAR.function).zip(field(condition, GRAMMAR.arguments))
                else {
                    return;
                };
                let arguments = children(arguments);
                let (Some(&subject), Some(&class)) = (arguments.first(), arguments.get(1)) else {
                    return;
                };
                if self.text(function) == "isinstance" && kind(subject) == Kind::Identifier {
                    let name = self.name(subject);
                    let declared = Some(self.quietly(class));
                    self.b.bind_in_block(
                        name,
                        condition.start_byte(),
                        What::Value { declared, value: None, is_field: false, is_narrowed: true },
                    );
                }
            }
            _ => {}
        }
    }

    /// Binds what holds after a condition was false: `if not isinstance(x, T): return`.
    fn narrow_otherwise(&mut self, condition: Node<'_>) {
        match kind(condition) {
            Kind::Not => {
                if let Some(inner) = field(condition, GRAMMAR.argument) {
                    self.narrow(inner);
                }
            }
            Kind::Parenthesized => {
                for child in children(condition) {
                    self.narrow_otherwise(child);
                }
            }
            _ => {}
        }
    }

    fn for_statement(&mut self, node: Node<'_>) {
        let from = field(node, GRAMMAR.right).map(|right| self.value(right));
        let before = self.b.enter(ScopeKind::Block, None);
        if let (Some(left), Some(from)) = (field(node, GRAMMAR.left), from) {
            let element = self.b.expression(Expression::Element(from));
            self.assign(left, None, element);
        }
        if let Some(body) = field(node, GRAMMAR.body) {
            self.suite(body);
        }
        self.b.leave(before);
        if let Some(rest) = field(node, GRAMMAR.alternative) {
            self.statement(rest);
        }
    }

    fn with_statement(&mut self, node: Node<'_>) {
        for clause in children(node) {
            match kind(clause) {
                Kind::WithClause => {
                    for item in children(clause) {
                        for part in children(item) {
                            self.with_item(part);
                        }
                    }
                }
                // What is bound in a `with` stays bound after it: no block of its own.
                Kind::Block => self.suite(clause),
                _ => {}
            }
        }
    }

    fn with_item(&mut self, node: Node<'_>) {
        if kind(node) != Kind::AsPattern {
            self.value(node);
            return;
        }
        let parts = children(node);
        let Some(&manager) = parts.first() else { return };
        let manager = self.value(manager);
        let entered = self.b.expression(Expression::Enter(manager));
        for target in parts.iter().skip(1) {
            for name in children(*target) {
                self.assign(name, None, entered);
            }
        }
    }

    /// `except X as e`.
    fn caught(&mut self, node: Node<'_>) {
        let parts = children(node);
        let Some(&class) = parts.first() else { return };
        let class = self.value(class);
        let caught = self.b.expression(Expression::Instance(class));
        for target in parts.iter().skip(1) {
            for name in children(*target) {
                self.assign(name, None, caught);
            }
        }
    }

    fn import(&mut self, node: Node<'_>) {
        for child in children(node) {
            match kind(child) {
                Kind::Dotted => {
                    let whole = self.text(child);
                    let first = whole.split('.').next().unwrap_or(whole).trim();
                    let name = self.b.name(first);
                    self.import_module(name, name, child);
                }
                Kind::Aliased => {
                    let (Some(module), Some(alias)) =
                        (field(child, GRAMMAR.name), field(child, GRAMMAR.alias))
                    else {
                        continue;
                    };
                    let (module, alias) = (self.name(module), self.name(alias));
                    self.import_module(alias, module, child);
                }
                _ => {}
            }
        }
    }

    fn import_module(&mut self, name: Name, module: Name, at: Node<'_>) {
        let start = at.start_byte();
        self.b.bind(name, start, What::Import { module, item: None, only_exported: false });
    }

    fn import_from(&mut self, node: Node<'_>) {
        let Some(module) = field(node, GRAMMAR.module_name) else { return };
        let module_id = module.id();
        let module = self.name(module);
        for child in children(node) {
            if child.id() == module_id {
                continue;
            }
            let (item, alias) = match kind(child) {
                Kind::Wildcard => {
                    self.b.bind(
                        module,
                        child.start_byte(),
                        What::Star { module, only_exported: false },
                    );
                    continue;
                }
                Kind::Dotted => (child, child),
                Kind::Aliased => match (field(child, GRAMMAR.name), field(child, GRAMMAR.alias)) {
                    (Some(name), Some(alias)) => (name, alias),
                    _ => continue,
                },
                _ => continue,
            };
            let at = item.start_byte();
            let (item_name, alias) = (self.name(item), self.name(alias));
            self.b.bind(
                alias,
                at,
                What::Import { module, item: Some(item_name), only_exported: false },
            );
            let callee = self.b.named(alias, at);
            self.b.site(SiteKind::Import, item_name, position(item), callee, 0);
        }
    }

    /// Gives a pattern of names a value.
    fn assign(&mut self, left: Node<'_>, declared: Option<ExpressionId>, value: ExpressionId) {
        if self.depth > tree::DEPTH_MAX {
            return;
        }
        self.depth += 1;
        match kind(left) {
            Kind::Identifier => self.assign_name(left, declared, value),
            Kind::Attribute => {
                if let (Some(object), Some(name)) =
                    (field(left, GRAMMAR.object), field(left, GRAMMAR.attribute))
                {
                    let object = self.value(object);
                    self.assign_field(object, name, declared, value);
                }
            }
            Kind::PatternList
            | Kind::TuplePattern
            | Kind::ListPattern
            | Kind::Tuple
            | Kind::List
            | Kind::ExpressionList => {
                for (index, part) in children(left).into_iter().enumerate() {
                    let index = u8::try_from(index).unwrap_or(u8::MAX);
                    let nth = if value == ExpressionId::UNKNOWN {
                        value
                    } else {
                        self.b.expression(Expression::Nth { of: value, index })
                    };
                    self.assign(part, None, nth);
                }
            }
            Kind::SplatPattern | Kind::ListSplat | Kind::Parenthesized => {
                let inner =
                    if kind(left) == Kind::Parenthesized { value } else { ExpressionId::UNKNOWN };
                for part in children(left) {
                    self.assign(part, None, inner);
                }
            }
            _ => {
                self.value(left);
            }
        }
        self.depth -= 1;
    }

    fn assign_field(
        &mut self,
        object: ExpressionId,
        name: Node<'_>,
        declared: Option<ExpressionId>,
        value: ExpressionId,
    ) {
        let Expression::Name { name: object, .. } = *self.b.look(object) else { return };
        // The receiver is the first parameter; by custom, and in what this looks at, it bears one of two names.
        if !matches!(self.b.text_of(object), "self" | "cls") {
            return;
        }
        let Some(class) = self.b.class_scope() else { return };
        let at = name.start_byte();
        let name = self.name(name);
        let value = Some(value).filter(|value| *value != ExpressionId::UNKNOWN);
        self.b.bind_in(
            class,
            name,
            at,
            What::Value { declared, value, is_field: true, is_narrowed: false },
        );
    }
}

/// Whether a block never goes on to what follows it.
fn ends(block: Node<'_>) -> bool {
    children(block).last().is_some_and(|last| {
        matches!(kind(*last), Kind::Return | Kind::Raise | Kind::Continue | Kind::Break)
    })
}
