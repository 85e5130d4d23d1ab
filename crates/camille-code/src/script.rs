//! TypeScript and JavaScript, read by oxc: the parser of the grammar's own language is twenty times as fast as tree-sitter's
//! and knows syntax that the latter's grammar does not. Statements are here; definitions, values, patterns and types beside.

mod annotation;
mod definition;
mod module;
mod pattern;
mod position;
mod value;

use crate::builder::{Builder, Definition};
use crate::extract::{self, Trouble};
use crate::facts::{Expression as Fact, ExpressionId, Facts, Name, ScopeKind, SiteKind, What};
use crate::{Language, tree};
use oxc_allocator::Allocator;
use oxc_ast::ast::{BindingPattern, Expression};
use oxc_ast::ast::{
    Declaration, ForStatementInit, ForStatementLeft, Program, Statement, VariableDeclaration,
    VariableDeclarationKind,
};
use oxc_parser::{ParseOptions, Parser};
use oxc_span::SourceType;
use position::Lines;

/// Reads TypeScript and JavaScript.
pub(crate) struct Script;

impl extract::Extractor for Script {
    fn extract(&self, text: &str, language: Language) -> Result<Facts, Trouble> {
        position::on_a_stack(text, || read(text, language))
    }

    fn parse(&self, text: &str, language: Language) -> Result<(), Trouble> {
        position::on_a_stack(text, || {
            parse(&Allocator::default(), text, language);
        })
    }
}

fn read(text: &str, language: Language) -> Facts {
    let allocator = Allocator::default();
    let (program, errors) = parse(&allocator, text, language);
    let mut walk = Walk {
        b: Builder::new(language, text),
        lines: Lines::new(text),
        depth: 0,
        exported: false,
        comments: position::docs(&program),
    };
    walk.statements(&program.body);
    for _ in 0..errors {
        walk.b.error();
    }
    walk.b.finish()
}

/// The program, and how many errors it has. What a file calls JavaScript may hold elements, and modules as well as scripts.
fn parse<'a>(allocator: &'a Allocator, text: &'a str, language: Language) -> (Program<'a>, usize) {
    let kind = match language {
        Language::Tsx => SourceType::tsx(),
        Language::JavaScript => SourceType::jsx(),
        _ => SourceType::ts(),
    };
    let options = ParseOptions { allow_return_outside_function: true, ..ParseOptions::default() };
    let parsed = Parser::new(allocator, text, kind).with_options(options).parse();
    let errors = parsed.diagnostics.len();
    if parsed.panicked && language == Language::JavaScript {
        // Flow and other dialects: types are often TypeScript's.
        let again = Parser::new(allocator, text, SourceType::tsx()).with_options(options).parse();
        if !again.panicked {
            return (again.program, again.diagnostics.len());
        }
    }
    (parsed.program, errors)
}

struct Walk<'t> {
    b: Builder<'t>,
    lines: Lines,
    depth: usize,
    /// Whether what is being declared is exported.
    exported: bool,
    /// Documenting comments: where what they document begins, and where they are.
    comments: Vec<(u32, crate::facts::Bytes)>,
}

impl<'t> Walk<'t> {
    /// Goes one level deeper, unless that is too deep.
    fn deeper<T: Default>(&mut self, walk: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth > tree::DEPTH_MAX {
            return T::default();
        }
        self.depth += 1;
        let found = walk(self);
        self.depth -= 1;
        found
    }

    fn statements(&mut self, statements: &[Statement<'t>]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn block(&mut self, statements: &[Statement<'t>]) {
        let before = self.b.enter(ScopeKind::Block, None);
        self.statements(statements);
        self.b.leave(before);
    }

    fn statement(&mut self, statement: &Statement<'t>) {
        self.deeper(|this| this.statement_of(statement));
    }

    fn statement_of(&mut self, statement: &Statement<'t>) {
        match statement {
            Statement::BlockStatement(block) => self.block(&block.body),
            Statement::ExpressionStatement(one) => {
                self.value(&one.expression);
            }
            Statement::ReturnStatement(one) => {
                if let Some(value) = &one.argument {
                    let value = self.value(value);
                    if let Some(function) = self.b.function() {
                        self.b.symbol(function).results.push(value);
                    }
                }
            }
            Statement::IfStatement(one) => {
                self.value(&one.test);
                let before = self.b.enter(ScopeKind::Block, None);
                self.narrow(&one.test);
                self.statement(&one.consequent);
                self.b.leave(before);
                if let Some(otherwise) = &one.alternate {
                    self.statement(otherwise);
                }
            }
            Statement::ForStatement(one) => {
                let before = self.b.enter(ScopeKind::Block, None);
                match &one.init {
                    Some(ForStatementInit::VariableDeclaration(declaration)) => {
                        self.variables(declaration);
                    }
                    Some(init) => {
                        if let Some(init) = init.as_expression() {
                            self.value(init);
                        }
                    }
                    None => {}
                }
                for part in [&one.test, &one.update].into_iter().flatten() {
                    self.value(part);
                }
                self.statement(&one.body);
                self.b.leave(before);
            }
            Statement::ForOfStatement(one) => {
                let from = self.value(&one.right);
                let from = if one.r#await { self.b.expression(Fact::Await(from)) } else { from };
                let element = self.b.expression(Fact::Element(from));
                self.for_each(&one.left, element, &one.body);
            }
            Statement::ForInStatement(one) => {
                self.value(&one.right);
                let key = self.b.builtin("string", Vec::new());
                self.for_each(&one.left, key, &one.body);
            }
            Statement::WhileStatement(one) => {
                self.value(&one.test);
                self.statement(&one.body);
            }
            Statement::DoWhileStatement(one) => {
                self.statement(&one.body);
                self.value(&one.test);
            }
            Statement::SwitchStatement(one) => {
                self.value(&one.discriminant);
                let before = self.b.enter(ScopeKind::Block, None);
                for case in &one.cases {
                    if let Some(test) = &case.test {
                        self.value(test);
                    }
                    self.statements(&case.consequent);
                }
                self.b.leave(before);
            }
            Statement::TryStatement(one) => {
                self.block(&one.block.body);
                if let Some(handler) = &one.handler {
                    let before = self.b.enter(ScopeKind::Block, None);
                    if let Some(parameter) = &handler.param {
                        self.pattern(&parameter.pattern, None, ExpressionId::UNKNOWN);
                    }
                    self.statements(&handler.body.body);
                    self.b.leave(before);
                }
                if let Some(last) = &one.finalizer {
                    self.block(&last.body);
                }
            }
            Statement::ThrowStatement(one) => {
                self.value(&one.argument);
            }
            Statement::LabeledStatement(one) => self.statement(&one.body),
            Statement::WithStatement(one) => {
                self.value(&one.object);
                self.statement(&one.body);
            }
            Statement::BreakStatement(_)
            | Statement::ContinueStatement(_)
            | Statement::DebuggerStatement(_)
            | Statement::EmptyStatement(_) => {}
            other => {
                if let Some(declaration) = other.as_declaration() {
                    self.declaration(declaration);
                } else if let Some(declaration) = other.as_module_declaration() {
                    self.module_declaration(declaration);
                }
            }
        }
    }

    fn for_each(&mut self, left: &ForStatementLeft<'t>, value: ExpressionId, body: &Statement<'t>) {
        let before = self.b.enter(ScopeKind::Block, None);
        match left {
            ForStatementLeft::VariableDeclaration(declaration) => {
                for one in &declaration.declarations {
                    self.pattern(&one.id, None, value);
                }
            }
            other => {
                if let Some(target) = other.as_assignment_target() {
                    self.assign(target, value);
                }
            }
        }
        self.statement(body);
        self.b.leave(before);
    }

    fn declaration(&mut self, declaration: &Declaration<'t>) {
        match declaration {
            Declaration::VariableDeclaration(one) => self.variables(one),
            Declaration::FunctionDeclaration(one) => {
                self.function_declaration(one);
            }
            Declaration::ClassDeclaration(one) => {
                self.class(one, None);
            }
            Declaration::TSTypeAliasDeclaration(one) => self.alias(one),
            Declaration::TSInterfaceDeclaration(one) => self.interface(one),
            Declaration::TSEnumDeclaration(one) => self.enumeration(one),
            Declaration::TSExternalModuleDeclaration(one) => {
                if let Some(body) = &one.body {
                    self.block(&body.body);
                }
            }
            Declaration::TSNamespaceDeclaration(one) => self.namespace(one),
            Declaration::TSGlobalDeclaration(one) => self.statements(&one.body.body),
            Declaration::TSImportEqualsDeclaration(one) => self.import_equals(one),
        }
    }

    fn variables(&mut self, declaration: &VariableDeclaration<'t>) {
        for one in &declaration.declarations {
            let declared =
                one.type_annotation.as_ref().map(|one| self.annotation(&one.type_annotation));
            let lasting = self.is_lasting();
            if let BindingPattern::BindingIdentifier(id) = &one.id {
                if self.named_function(id, one.init.as_ref(), one.span, declared) {
                    continue;
                }
                let value =
                    one.init.as_ref().map_or(ExpressionId::UNKNOWN, |value| self.value(value));
                if lasting {
                    self.constant(id, one.span, declared, value);
                    continue;
                }
                let name = self.b.name(id.name.as_str());
                let at = one.span.end as usize;
                let known = Some(value).filter(|value| *value != ExpressionId::UNKNOWN);
                let what =
                    What::Value { declared, value: known, is_field: false, is_narrowed: false };
                if declaration.kind == VariableDeclarationKind::Var {
                    let scope = self.b.function_scope();
                    self.b.bind_in(scope, name, at, what);
                } else {
                    self.b.bind(name, at, what);
                }
                continue;
            }
            let value = one.init.as_ref().map_or(ExpressionId::UNKNOWN, |value| self.value(value));
            let value =
                declared.map_or(value, |declared| self.b.expression(Fact::Instance(declared)));
            self.pattern(&one.id, None, value);
        }
    }

    /// Whether what is declared here lasts: it stands in a module, not in a function.
    fn is_lasting(&self) -> bool {
        self.b.scope_kind(self.b.scope()) == ScopeKind::Module
    }

    /// `x instanceof T`.
    fn narrow(&mut self, condition: &Expression<'t>) {
        match condition {
            Expression::ParenthesizedExpression(one) => self.narrow(&one.expression),
            Expression::LogicalExpression(one)
                if one.operator == oxc_ast::ast::LogicalOperator::And =>
            {
                self.narrow(&one.left);
                self.narrow(&one.right);
            }
            Expression::BinaryExpression(one) => {
                if one.operator != oxc_ast::ast::BinaryOperator::Instanceof {
                    return;
                }
                let (Expression::Identifier(subject), Expression::Identifier(class)) =
                    (&one.left, &one.right)
                else {
                    return;
                };
                let name = self.b.name(subject.name.as_str());
                let class_name = self.b.name(class.name.as_str());
                let declared = Some(self.b.named(class_name, class.span.start as usize));
                self.b.bind_in_block(
                    name,
                    one.span.start as usize,
                    What::Value { declared, value: None, is_field: false, is_narrowed: true },
                );
            }
            _ => {}
        }
    }

    fn site(&mut self, kind: SiteKind, name: Name, at: u32, callee: ExpressionId, given: usize) {
        let position = self.lines.position(at);
        self.b.site(kind, name, position, callee, given);
    }

    fn define(&mut self, definition: Definition) -> crate::facts::SymbolId {
        self.b.define(definition, false)
    }
}
