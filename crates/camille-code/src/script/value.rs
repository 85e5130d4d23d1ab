//! Values of scripts: what an expression is, as far as the file tells, with the sites inside it.

use super::Walk;
use crate::facts::{
    Expression as Fact, ExpressionId, ScopeKind, SiteKind, SymbolKind, Traits, What,
};
use oxc_allocator::Box as Boxed;
use oxc_ast::ast::{
    Argument, ArrayExpressionElement, AssignmentOperator, BinaryOperator, CallExpression,
    ChainElement, Expression, Function, FunctionBody, JSXAttributeItem, JSXAttributeValue,
    JSXChild, JSXElement, JSXElementName, JSXExpression, JSXMemberExpression,
    JSXMemberExpressionObject, LogicalOperator, MemberExpression, ObjectExpression,
    ObjectPropertyKind, PropertyKind, Statement, TSTypeParameterInstantiation, UnaryOperator,
};
use oxc_span::GetSpan;

impl<'t> Walk<'t> {
    /// What an expression is; records every site in it.
    pub(super) fn value(&mut self, of: &Expression<'t>) -> ExpressionId {
        self.deeper(|this| Some(this.value_of(of))).unwrap_or(ExpressionId::UNKNOWN)
    }

    fn value_of(&mut self, of: &Expression<'t>) -> ExpressionId {
        match of {
            Expression::Identifier(_) => self.callee(of, SiteKind::Reference, 0),
            Expression::StaticMemberExpression(_)
            | Expression::ComputedMemberExpression(_)
            | Expression::PrivateFieldExpression(_) => self.callee(of, SiteKind::Reference, 0),
            Expression::StringLiteral(_) | Expression::BooleanLiteral(_) => {
                let name =
                    if matches!(of, Expression::StringLiteral(_)) { "string" } else { "boolean" };
                self.b.builtin(name, Vec::new())
            }
            Expression::NumericLiteral(_) | Expression::BigIntLiteral(_) => {
                self.b.builtin("number", Vec::new())
            }
            Expression::RegExpLiteral(_) => self.b.builtin("RegExp", Vec::new()),
            Expression::TemplateLiteral(one) => {
                for part in &one.expressions {
                    self.value(part);
                }
                self.b.builtin("string", Vec::new())
            }
            Expression::NullLiteral(_) => self.b.builtin("None", Vec::new()),
            Expression::ThisExpression(_) => {
                let scope = self.b.scope();
                self.b.expression(Fact::This { scope })
            }
            Expression::Super(_) => {
                let scope = self.b.scope();
                self.b.expression(Fact::Super { scope })
            }
            Expression::ParenthesizedExpression(one) => self.value(&one.expression),
            Expression::CallExpression(one) => self.call(one),
            Expression::NewExpression(one) => {
                let class = self.callee(&one.callee, SiteKind::New, one.arguments.len());
                let arguments = self.arguments(&one.arguments, class);
                let class = self.apply(class, one.type_arguments.as_ref());
                self.b.expression(Fact::New { class, arguments: arguments.into() })
            }
            Expression::ChainExpression(one) => match &one.expression {
                ChainElement::CallExpression(one) => self.call(one),
                ChainElement::TSNonNullExpression(one) => self.value(&one.expression),
                other => match other.as_member_expression() {
                    Some(member) => self.member(member, SiteKind::Reference, 0),
                    None => ExpressionId::UNKNOWN,
                },
            },
            Expression::AwaitExpression(one) => {
                let of = self.value(&one.argument);
                self.b.expression(Fact::Await(of))
            }
            Expression::YieldExpression(one) => {
                if let Some(value) = &one.argument {
                    self.value(value);
                }
                ExpressionId::UNKNOWN
            }
            Expression::ArrowFunctionExpression(_) | Expression::FunctionExpression(_) => {
                self.lambda(of, None)
            }
            Expression::ClassExpression(one) => {
                let before = self.b.enter(ScopeKind::Block, None);
                let named = self.class(one, None);
                self.b.leave(before);
                // Named inside the block that it is bound in.
                named
            }
            Expression::ObjectExpression(one) => self.object(one),
            Expression::ArrayExpression(one) => {
                let mut of = Vec::new();
                for element in &one.elements {
                    match element {
                        ArrayExpressionElement::SpreadElement(spread) => {
                            let from = self.value(&spread.argument);
                            of.push(self.b.expression(Fact::Element(from)));
                        }
                        other => of.extend(other.as_expression().map(|one| self.value(one))),
                    }
                }
                if of.len() > 1 && of.len() < 8 {
                    return self.b.expression(Fact::Tuple(of.into()));
                }
                of.truncate(8);
                let of = self.b.union(of);
                self.b.builtin("Array", vec![of])
            }
            Expression::AssignmentExpression(one) => {
                let value = self.value(&one.right);
                let given = match one.operator {
                    AssignmentOperator::Assign
                    | AssignmentOperator::LogicalNullish
                    | AssignmentOperator::LogicalOr => value,
                    _ => ExpressionId::UNKNOWN,
                };
                self.assign(&one.left, given);
                value
            }
            Expression::BinaryExpression(_) => self.binary(of),
            Expression::LogicalExpression(one) => {
                let left = self.value(&one.left);
                let before = self.b.enter(ScopeKind::Block, None);
                if one.operator == LogicalOperator::And {
                    self.narrow(&one.left);
                }
                let right = self.value(&one.right);
                self.b.leave(before);
                if one.operator == LogicalOperator::And {
                    right
                } else {
                    self.b.union(vec![left, right])
                }
            }
            Expression::ConditionalExpression(one) => {
                self.value(&one.test);
                let before = self.b.enter(ScopeKind::Block, None);
                self.narrow(&one.test);
                let then = self.value(&one.consequent);
                self.b.leave(before);
                let otherwise = self.value(&one.alternate);
                self.b.union(vec![then, otherwise])
            }
            Expression::SequenceExpression(one) => {
                let mut last = ExpressionId::UNKNOWN;
                for part in &one.expressions {
                    last = self.value(part);
                }
                last
            }
            Expression::UnaryExpression(one) => {
                self.value(&one.argument);
                let name = match one.operator {
                    UnaryOperator::Typeof => "string",
                    UnaryOperator::LogicalNot | UnaryOperator::Delete => "boolean",
                    UnaryOperator::Void => "None",
                    _ => "number",
                };
                self.b.builtin(name, Vec::new())
            }
            Expression::UpdateExpression(_) => self.b.builtin("number", Vec::new()),
            Expression::TaggedTemplateExpression(one) => {
                let callee = self.callee(&one.tag, SiteKind::Call, 1);
                for part in &one.quasi.expressions {
                    self.value(part);
                }
                self.b.expression(Fact::Call { callee, arguments: Box::default() })
            }
            Expression::ImportExpression(one) => match &one.source {
                Expression::StringLiteral(text) => {
                    let module = self.b.name(text.value.as_str());
                    self.b.expression(Fact::Module(module))
                }
                source => {
                    self.value(source);
                    ExpressionId::UNKNOWN
                }
            },
            Expression::TSAsExpression(one) => {
                let value = self.value(&one.expression);
                self.as_written(value, &one.type_annotation)
            }
            Expression::TSTypeAssertion(one) => {
                let value = self.value(&one.expression);
                self.as_written(value, &one.type_annotation)
            }
            Expression::TSSatisfiesExpression(one) => {
                self.annotation(&one.type_annotation);
                self.value(&one.expression)
            }
            Expression::TSNonNullExpression(one) => self.value(&one.expression),
            Expression::TSInstantiationExpression(one) => {
                let of = self.value(&one.expression);
                self.apply(of, Some(&one.type_arguments))
            }
            Expression::JSXElement(one) => self.element_value(one),
            Expression::JSXFragment(one) => {
                for child in &one.children {
                    self.child(child);
                }
                ExpressionId::UNKNOWN
            }
            Expression::PrivateInExpression(one) => self.value(&one.right),
            _ => ExpressionId::UNKNOWN,
        }
    }

    /// `value as T`; `as const` and `as any` say nothing.
    fn as_written(
        &mut self,
        value: ExpressionId,
        written: &oxc_ast::ast::TSType<'t>,
    ) -> ExpressionId {
        if let oxc_ast::ast::TSType::TSTypeReference(one) = written
            && let oxc_ast::ast::TSTypeName::IdentifierReference(id) = &one.type_name
            && id.name == "const"
        {
            return value;
        }
        let written = self.annotation(written);
        if written == ExpressionId::UNKNOWN {
            value
        } else {
            self.b.expression(Fact::Instance(written))
        }
    }

    /// A chain of operators, without one level of depth each: `a + b + c …` leans to the left.
    fn binary(&mut self, of: &Expression<'t>) -> ExpressionId {
        let mut left = of;
        let mut compares = false;
        let mut rights = Vec::new();
        while let Expression::BinaryExpression(one) = left {
            compares |= matches!(
                one.operator,
                BinaryOperator::Equality
                    | BinaryOperator::StrictEquality
                    | BinaryOperator::Inequality
                    | BinaryOperator::StrictInequality
                    | BinaryOperator::Instanceof
                    | BinaryOperator::In
            );
            rights.push(&one.right);
            left = &one.left;
        }
        let first = self.value(left);
        for right in rights.into_iter().rev() {
            self.value(right);
        }
        if compares { self.b.builtin("boolean", Vec::new()) } else { first }
    }

    /// A name or a member, as a site of a kind.
    pub(super) fn callee(
        &mut self,
        of: &Expression<'t>,
        kind: SiteKind,
        given: usize,
    ) -> ExpressionId {
        match of {
            Expression::Identifier(id) => {
                let name = self.b.name(id.name.as_str());
                if id.name == "undefined" {
                    return self.b.builtin("None", Vec::new());
                }
                let named = self.b.named(name, id.span.start as usize);
                self.site(kind, name, id.span.start, named, given);
                named
            }
            Expression::ParenthesizedExpression(one) => self.callee(&one.expression, kind, given),
            Expression::TSNonNullExpression(one) => self.callee(&one.expression, kind, given),
            Expression::TSInstantiationExpression(one) => self.callee(&one.expression, kind, given),
            other => match other.as_member_expression() {
                Some(member) => self.member(member, kind, given),
                None => self.value(other),
            },
        }
    }

    fn member(&mut self, of: &MemberExpression<'t>, kind: SiteKind, given: usize) -> ExpressionId {
        match of {
            MemberExpression::StaticMemberExpression(one) => {
                let object = self.value(&one.object);
                let name = self.b.name(one.property.name.as_str());
                let member = self.b.member(object, name);
                self.site(kind, name, one.property.span.start, member, given);
                member
            }
            MemberExpression::PrivateFieldExpression(one) => {
                let object = self.value(&one.object);
                let name = self.private(one.field.name.as_str());
                let member = self.b.member(object, name);
                self.site(kind, name, one.field.span.start, member, given);
                member
            }
            MemberExpression::ComputedMemberExpression(one) => {
                let object = self.value(&one.object);
                self.value(&one.expression);
                match &one.expression {
                    Expression::StringLiteral(text) => {
                        let name = self.b.name(text.value.as_str());
                        self.b.member(object, name)
                    }
                    Expression::NumericLiteral(number) if number.value < 250.0 => {
                        #[expect(
                            clippy::cast_possible_truncation,
                            clippy::cast_sign_loss,
                            reason = "below 250; what is negative becomes 0"
                        )]
                        let index = number.value as u8;
                        self.b.expression(Fact::Nth { of: object, index })
                    }
                    _ => self.b.expression(Fact::Index(object)),
                }
            }
        }
    }

    fn call(&mut self, one: &CallExpression<'t>) -> ExpressionId {
        if let (Expression::Identifier(id), [Argument::StringLiteral(text)]) =
            (&one.callee, &one.arguments[..])
            && id.name == "require"
        {
            let module = self.b.name(text.value.as_str());
            let module = self.b.expression(Fact::Module(module));
            let whole = self.b.made_name("export=");
            let whole = self.b.member(module, whole);
            return self.b.union(vec![whole, module]);
        }
        let callee = self.callee(&one.callee, SiteKind::Call, one.arguments.len());
        if matches!(one.callee, Expression::Super(_)) {
            self.arguments(&one.arguments, callee);
            return ExpressionId::UNKNOWN;
        }
        let arguments = self.arguments(&one.arguments, callee);
        self.called(callee, one.type_arguments.as_ref(), arguments)
    }

    fn called(
        &mut self,
        callee: ExpressionId,
        types: Option<&Boxed<'t, TSTypeParameterInstantiation<'t>>>,
        arguments: Vec<ExpressionId>,
    ) -> ExpressionId {
        let callee = self.apply(callee, types);
        self.b.expression(Fact::Call { callee, arguments: arguments.into() })
    }

    fn arguments(&mut self, of: &[Argument<'t>], callee: ExpressionId) -> Vec<ExpressionId> {
        let mut arguments = Vec::new();
        let mut in_order = true;
        for (index, argument) in of.iter().enumerate() {
            match argument {
                Argument::SpreadElement(spread) => {
                    self.value(&spread.argument);
                    in_order = false;
                }
                other => {
                    let Some(value) = other.as_expression() else { continue };
                    let value = match value {
                        Expression::ArrowFunctionExpression(_)
                        | Expression::FunctionExpression(_) => {
                            self.lambda(value, Some((callee, index)))
                        }
                        _ => self.value(value),
                    };
                    if in_order {
                        arguments.push(value);
                    }
                }
            }
        }
        arguments
    }

    /// A function that is written as a value, and the call that it is an argument of.
    fn lambda(
        &mut self,
        of: &Expression<'t>,
        given: Option<(ExpressionId, usize)>,
    ) -> ExpressionId {
        match of {
            Expression::ArrowFunctionExpression(arrow) => {
                let before = self.b.enter(ScopeKind::Function, None);
                self.type_parameters(arrow.type_parameters.as_ref());
                let results = self.arrow(arrow, given);
                let declared = self.annotated(arrow.return_type.as_ref());
                self.b.leave(before);
                let results = match declared {
                    Some(declared) => vec![self.b.expression(Fact::Instance(declared))],
                    None => results,
                };
                let is_async = arrow.r#async && declared.is_none();
                self.b.expression(Fact::Lambda { results: results.into(), is_async })
            }
            Expression::FunctionExpression(function) => self.value_function(function, given),
            _ => ExpressionId::UNKNOWN,
        }
    }

    pub(super) fn value_function(
        &mut self,
        function: &Function<'t>,
        given: Option<(ExpressionId, usize)>,
    ) -> ExpressionId {
        let before = self.b.enter(ScopeKind::Function, None);
        self.type_parameters(function.type_parameters.as_ref());
        self.parameters(&function.params, given);
        let declared = self.annotated(function.return_type.as_ref());
        let mut results = Vec::new();
        if let Some(body) = &function.body {
            self.body(body);
            results = returned(body).into_iter().map(|value| self.quietly(value)).collect();
        }
        self.b.leave(before);
        if let Some(declared) = declared {
            results = vec![self.b.expression(Fact::Instance(declared))];
        }
        let is_async = function.r#async && declared.is_none();
        self.b.expression(Fact::Lambda { results: results.into(), is_async })
    }

    /// What a value that was read already is: names, members, calls of them. No site is recorded twice.
    pub(super) fn quietly(&mut self, of: &Expression<'t>) -> ExpressionId {
        self.deeper(|this| Some(this.quietly_of(of))).unwrap_or(ExpressionId::UNKNOWN)
    }

    fn quietly_of(&mut self, of: &Expression<'t>) -> ExpressionId {
        match of {
            Expression::Identifier(id) => {
                let name = self.b.name(id.name.as_str());
                self.b.named(name, id.span.start as usize)
            }
            Expression::ThisExpression(_) => {
                let scope = self.b.scope();
                self.b.expression(Fact::This { scope })
            }
            Expression::StaticMemberExpression(one) => {
                let object = self.quietly(&one.object);
                let name = self.b.name(one.property.name.as_str());
                self.b.member(object, name)
            }
            Expression::CallExpression(one) => {
                let callee = self.quietly(&one.callee);
                self.b.expression(Fact::Call { callee, arguments: Box::default() })
            }
            Expression::NewExpression(one) => {
                let class = self.quietly(&one.callee);
                self.b.expression(Fact::New { class, arguments: Box::default() })
            }
            Expression::AwaitExpression(one) => {
                let of = self.quietly(&one.argument);
                self.b.expression(Fact::Await(of))
            }
            Expression::ParenthesizedExpression(one) => self.quietly(&one.expression),
            _ => ExpressionId::UNKNOWN,
        }
    }

    fn object(&mut self, one: &ObjectExpression<'t>) -> ExpressionId {
        let before = self.b.enter(ScopeKind::Class, None);
        let scope = self.b.scope();
        for property in &one.properties {
            match property {
                ObjectPropertyKind::SpreadProperty(spread) => {
                    self.value(&spread.argument);
                }
                ObjectPropertyKind::ObjectProperty(one) => {
                    let Some(name) = self.key(&one.key) else {
                        self.value(&one.value);
                        continue;
                    };
                    let at = one.key.span().start;
                    let place = (name, at, one.span);
                    let traits =
                        Traits { is_property: one.kind != PropertyKind::Init, ..Traits::default() };
                    match &one.value {
                        Expression::FunctionExpression(function) => {
                            self.function(function, place, SymbolKind::Method, traits);
                        }
                        Expression::ArrowFunctionExpression(arrow) => {
                            self.named_arrow(arrow, place, SymbolKind::Method, traits);
                        }
                        value => {
                            let value = self.value(value);
                            let what = What::Value {
                                declared: None,
                                value: Some(value),
                                is_field: true,
                                is_narrowed: false,
                            };
                            self.b.bind_in(scope, name, at as usize, what);
                        }
                    }
                }
            }
        }
        self.b.leave(before);
        self.b.expression(Fact::Object(scope))
    }

    fn element_value(&mut self, one: &JSXElement<'t>) -> ExpressionId {
        match &one.opening_element.name {
            JSXElementName::IdentifierReference(id) => {
                let name = self.b.name(id.name.as_str());
                let named = self.b.named(name, id.span.start as usize);
                self.site(SiteKind::Jsx, name, id.span.start, named, 0);
            }
            JSXElementName::MemberExpression(member) => {
                self.jsx_member(member);
            }
            _ => {}
        }
        for attribute in &one.opening_element.attributes {
            match attribute {
                JSXAttributeItem::SpreadAttribute(spread) => {
                    self.value(&spread.argument);
                }
                JSXAttributeItem::Attribute(one) => match &one.value {
                    Some(JSXAttributeValue::ExpressionContainer(one)) => {
                        self.contained(&one.expression);
                    }
                    Some(JSXAttributeValue::Element(one)) => {
                        self.deeper(|this| Some(this.element_value(one)));
                    }
                    _ => {}
                },
            }
        }
        for child in &one.children {
            self.child(child);
        }
        ExpressionId::UNKNOWN
    }

    fn jsx_member(&mut self, member: &JSXMemberExpression<'t>) -> ExpressionId {
        let object = match &member.object {
            JSXMemberExpressionObject::IdentifierReference(id) => {
                let name = self.b.name(id.name.as_str());
                self.b.named(name, id.span.start as usize)
            }
            _ => ExpressionId::UNKNOWN,
        };
        let name = self.b.name(member.property.name.as_str());
        let of = self.b.member(object, name);
        self.site(SiteKind::Jsx, name, member.property.span.start, of, 0);
        of
    }

    fn child(&mut self, child: &JSXChild<'t>) {
        match child {
            JSXChild::Element(one) => {
                self.deeper(|this| Some(this.element_value(one)));
            }
            JSXChild::Fragment(one) => {
                for child in &one.children {
                    self.deeper(|this| this.child(child));
                }
            }
            JSXChild::ExpressionContainer(one) => self.contained(&one.expression),
            JSXChild::Spread(one) => {
                self.value(&one.expression);
            }
            JSXChild::Text(_) => {}
        }
    }

    fn contained(&mut self, of: &JSXExpression<'t>) {
        if let Some(value) = of.as_expression() {
            self.value(value);
        }
    }
}

/// What a body returns, not looking into functions inside it.
pub(super) fn returned<'a, 't>(body: &'a FunctionBody<'t>) -> Vec<&'a Expression<'t>> {
    let mut found = Vec::new();
    let mut next: Vec<&Statement<'t>> = body.statements.iter().collect();
    while let Some(statement) = next.pop() {
        match statement {
            Statement::ReturnStatement(one) => found.extend(one.argument.as_ref()),
            Statement::BlockStatement(one) => next.extend(&one.body),
            Statement::IfStatement(one) => {
                next.push(&one.consequent);
                next.extend(one.alternate.as_ref());
            }
            Statement::TryStatement(one) => next.extend(&one.block.body),
            Statement::SwitchStatement(one) => {
                next.extend(one.cases.iter().flat_map(|case| &case.consequent));
            }
            _ => {}
        }
    }
    found
}
