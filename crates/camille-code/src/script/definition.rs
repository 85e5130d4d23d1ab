//! Functions, classes, interfaces and lasting values of scripts.

use super::Walk;
use crate::builder::{Definition, bytes, offset};
use crate::facts::{
    Bytes, Expression as Fact, ExpressionId, Name, Parameter, ScopeKind, SiteKind, Span, SymbolId,
    SymbolKind, Traits, What,
};
use oxc_allocator::Box as Boxed;
use oxc_ast::ast::{
    ArrowFunctionBody, ArrowFunctionExpression, BindingIdentifier, Class, ClassElement, Decorator,
    Expression, FormalParameters, Function, FunctionBody, MethodDefinition, MethodDefinitionKind,
    PropertyDefinition, TSEnumDeclaration, TSEnumMemberName, TSInterfaceDeclaration,
    TSNamespaceDeclaration, TSNamespaceDeclarationBody, TSTypeAliasDeclaration, TSTypeAnnotation,
    TSTypeParameterDeclaration,
};
use oxc_span::{GetSpan, Span as Place};

impl<'t> Walk<'t> {
    pub(super) fn span(&mut self, at: u32, whole: Place, body: Option<u32>) -> Span {
        let (line, column) = self.lines.position(at);
        let (first, _) = self.lines.position(whole.start);
        let (last, _) = self.lines.position(whole.end.max(whole.start));
        let after = self.comments.partition_point(|(attached, _)| *attached <= whole.start);
        let doc = match after.checked_sub(1).and_then(|index| self.comments.get(index)) {
            // An `export` before a declaration: the comment is attached to that.
            Some((attached, doc)) if *attached + 16 >= whole.start => *doc,
            _ => Bytes::default(),
        };
        Span {
            line: offset(line + 1),
            column: offset(column),
            first: offset(first + 1),
            last: offset(last + 1),
            header: bytes(whole.start as usize, body.unwrap_or(whole.end) as usize),
            doc,
        }
    }

    fn traits(&self) -> Traits {
        Traits { is_exported: self.exported, ..Traits::default() }
    }

    pub(super) fn function_declaration(&mut self, function: &Function<'t>) -> Option<SymbolId> {
        let id = function.id.as_ref()?;
        let name = self.b.name(id.name.as_str());
        let traits = self.traits();
        Some(self.function(
            function,
            (name, id.span.start, function.span),
            SymbolKind::Function,
            traits,
        ))
    }

    /// A function under a name: a declaration, a method, a property.
    pub(super) fn function(
        &mut self,
        function: &Function<'t>,
        (name, at, whole): (Name, u32, Place),
        kind: SymbolKind,
        traits: Traits,
    ) -> SymbolId {
        let body = function.body.as_ref().map(|body| body.span.start);
        let traits = Traits {
            is_async: function.r#async,
            is_generator: function.generator,
            is_declaration: function.body.is_none(),
            ..traits
        };
        let span = self.span(at, whole, body);
        let id = self.define(Definition { name, kind, span, traits });
        let before = self.b.enter(ScopeKind::Function, Some(id));
        self.signed(
            id,
            function.type_parameters.as_ref(),
            &function.params,
            function.return_type.as_ref(),
        );
        if let Some(body) = &function.body {
            self.body(body);
        }
        self.b.leave(before);
        id
    }

    fn signed(
        &mut self,
        id: SymbolId,
        parameters: Option<&Boxed<'t, TSTypeParameterDeclaration<'t>>>,
        takes: &FormalParameters<'t>,
        result: Option<&Boxed<'t, TSTypeAnnotation<'t>>>,
    ) {
        let parameters = self.type_parameters(parameters);
        let takes = self.parameters(takes, None);
        let declared = self.annotated(result);
        if self.b.symbol(id).parameters.is_empty() {
            self.b.symbol(id).parameters = parameters;
        }
        self.b.sign(id, takes, declared);
    }

    pub(super) fn body(&mut self, body: &FunctionBody<'t>) {
        self.statements(&body.statements);
    }

    /// Binds what a function takes. `given`: the call that the function is an argument of, which tells what is left unsaid.
    pub(super) fn parameters(
        &mut self,
        of: &FormalParameters<'t>,
        given: Option<(ExpressionId, usize)>,
    ) -> Vec<Parameter> {
        let mut takes = Vec::new();
        for (index, one) in of.items.iter().enumerate() {
            self.decorators(&one.decorators);
            let declared = self.annotated(one.type_annotation.as_ref());
            let mut value =
                one.initializer.as_ref().map_or(ExpressionId::UNKNOWN, |value| self.value(value));
            if let (Some((callee, argument)), None) = (given, declared) {
                value = self.b.expression(Fact::Given {
                    callee,
                    argument: u8::try_from(argument).unwrap_or(u8::MAX),
                    parameter: u8::try_from(index).unwrap_or(u8::MAX),
                });
            }
            self.pattern(&one.pattern, declared, value);
            let name = one.pattern.get_identifier_name().map(|name| self.b.name(name.as_str()));
            if one.accessibility.is_some() || one.readonly {
                // `constructor(private x: T)` declares a field as well.
                if let (Some(name), Some(class)) = (name, self.b.class_scope()) {
                    let what =
                        What::Value { declared, value: None, is_field: true, is_narrowed: false };
                    self.b.bind_in(class, name, one.span.start as usize, what);
                }
            }
            takes.push(Parameter { name, declared });
        }
        if let Some(rest) = &of.rest {
            let declared = self.annotated(rest.type_annotation.as_ref());
            self.pattern(&rest.rest.argument, declared, ExpressionId::UNKNOWN);
        }
        takes
    }

    pub(super) fn arrow(
        &mut self,
        arrow: &ArrowFunctionExpression<'t>,
        given: Option<(ExpressionId, usize)>,
    ) -> Vec<ExpressionId> {
        self.parameters(&arrow.params, given);
        self.arrow_body(&arrow.body)
    }

    fn arrow_body(&mut self, body: &ArrowFunctionBody<'t>) -> Vec<ExpressionId> {
        match body {
            ArrowFunctionBody::FunctionBody(body) => {
                self.body(body);
                super::value::returned(body).into_iter().map(|value| self.quietly(value)).collect()
            }
            other => other.as_expression().map(|value| self.value(value)).into_iter().collect(),
        }
    }

    /// `const f = () => …`: a function under that name.
    pub(super) fn named_function(
        &mut self,
        id: &BindingIdentifier<'t>,
        init: Option<&Expression<'t>>,
        whole: Place,
        declared: Option<ExpressionId>,
    ) -> bool {
        let name = self.b.name(id.name.as_str());
        let at = id.span.start;
        let traits = self.traits();
        let named = match init {
            Some(Expression::FunctionExpression(one)) => {
                Some(self.function(one, (name, at, whole), SymbolKind::Function, traits))
            }
            Some(Expression::ArrowFunctionExpression(one)) => {
                Some(self.named_arrow(one, (name, at, whole), SymbolKind::Function, traits))
            }
            Some(Expression::ClassExpression(one)) => {
                self.class(one, Some((name, at)));
                return true;
            }
            _ => None,
        };
        if let (Some(named), Some(declared)) = (named, declared) {
            let symbol = self.b.symbol(named);
            if symbol.declared.is_none() && symbol.spans.len() == 1 {
                // The type of the variable tells what the function does not.
                let result = self.b.expression(Fact::Instance(declared));
                let result =
                    self.b.expression(Fact::Call { callee: result, arguments: Box::default() });
                self.b.symbol(named).results.push(result);
            }
        }
        named.is_some()
    }

    pub(super) fn named_arrow(
        &mut self,
        arrow: &ArrowFunctionExpression<'t>,
        (name, at, whole): (Name, u32, Place),
        kind: SymbolKind,
        traits: Traits,
    ) -> SymbolId {
        let span = self.span(at, whole, Some(arrow.body.span().start));
        let traits = Traits { is_async: arrow.r#async, ..traits };
        let id = self.define(Definition { name, kind, span, traits });
        let before = self.b.enter(ScopeKind::Function, Some(id));
        self.signed(id, arrow.type_parameters.as_ref(), &arrow.params, arrow.return_type.as_ref());
        match &arrow.body {
            ArrowFunctionBody::FunctionBody(body) => self.body(body),
            other => {
                if let Some(value) = other.as_expression() {
                    let value = self.value(value);
                    self.b.symbol(id).results.push(value);
                }
            }
        }
        self.b.leave(before);
        id
    }

    /// A variable of a module.
    pub(super) fn constant(
        &mut self,
        id: &BindingIdentifier<'t>,
        whole: Place,
        declared: Option<ExpressionId>,
        value: ExpressionId,
    ) {
        let name = self.b.name(id.name.as_str());
        let span = self.span(id.span.start, whole, None);
        let traits = self.traits();
        let symbol =
            self.b.define_value(Definition { name, kind: SymbolKind::Constant, span, traits });
        let symbol = self.b.symbol(symbol);
        symbol.declared = symbol.declared.or(declared);
        if value != ExpressionId::UNKNOWN {
            symbol.results.push(value);
        }
    }

    /// A member that holds a value.
    pub(super) fn field(
        &mut self,
        name: Name,
        at: u32,
        whole: Place,
        declared: Option<ExpressionId>,
        value: ExpressionId,
    ) {
        let span = self.span(at, whole, None);
        let traits = Traits { is_exported: true, ..Traits::default() };
        let id = self.b.define_value(Definition { name, kind: SymbolKind::Field, span, traits });
        let symbol = self.b.symbol(id);
        symbol.declared = symbol.declared.or(declared);
        if value != ExpressionId::UNKNOWN {
            symbol.results.push(value);
        }
    }

    /// A function that is only declared: a member of an interface, a call signature.
    pub(super) fn signature(
        &mut self,
        name: Name,
        (at, whole, is_property): (u32, Place, bool),
        parameters: Option<&Boxed<'t, TSTypeParameterDeclaration<'t>>>,
        takes: &FormalParameters<'t>,
        result: Option<&Boxed<'t, TSTypeAnnotation<'t>>>,
    ) {
        let span = self.span(at, whole, None);
        let traits =
            Traits { is_abstract: true, is_declaration: true, is_property, ..Traits::default() };
        let id = self.define(Definition { name, kind: SymbolKind::Method, span, traits });
        let before = self.b.enter(ScopeKind::Function, Some(id));
        self.signed(id, parameters, takes, result);
        self.b.leave(before);
    }

    pub(super) fn class(&mut self, class: &Class<'t>, named: Option<(Name, u32)>) -> ExpressionId {
        self.decorators(&class.decorators);
        let own = class.id.as_ref().map(|id| (self.b.name(id.name.as_str()), id.span.start));
        let (name, at) = match named.or(own) {
            Some(found) => found,
            None => (self.b.made_name("(anonymous)"), class.span.start),
        };
        let base =
            class.heritage.as_ref().map(|one| self.callee(&one.expression, SiteKind::Base, 0));
        let span = self.span(at, class.span, Some(class.body.span.start));
        let traits = Traits { is_abstract: class.r#abstract, ..self.traits() };
        let id = self.define(Definition { name, kind: SymbolKind::Class, span, traits });
        let named = self.b.named(name, class.span.end as usize);
        let before = self.b.enter(ScopeKind::Class, Some(id));
        let parameters = self.type_parameters(class.type_parameters.as_ref());
        let mut bases = Vec::new();
        if let (Some(base), Some(heritage)) = (base, &class.heritage) {
            // What the base is applied to may name the class's own type parameters.
            bases.push(self.apply(base, heritage.type_arguments.as_ref()));
        }
        for one in &class.implements {
            let base = self.type_name(&one.expression);
            bases.push(self.apply(base, one.type_arguments.as_ref()));
        }
        self.b.symbol(id).bases = bases;
        self.b.symbol(id).parameters = parameters;
        for element in &class.body.body {
            self.element(element);
        }
        self.b.leave(before);
        named
    }

    fn element(&mut self, element: &ClassElement<'t>) {
        match element {
            ClassElement::StaticBlock(one) => self.block(&one.body),
            ClassElement::MethodDefinition(one) => self.method(one),
            ClassElement::PropertyDefinition(one) => self.property(one),
            ClassElement::AccessorProperty(one) => {
                let declared = self.annotated(one.type_annotation.as_ref());
                let value =
                    one.value.as_ref().map_or(ExpressionId::UNKNOWN, |value| self.value(value));
                if let Some(name) = self.key(&one.key) {
                    self.field(name, one.key.span().start, one.span, declared, value);
                }
            }
            ClassElement::TSIndexSignature(_) => {}
        }
    }

    fn method(&mut self, method: &MethodDefinition<'t>) {
        self.decorators(&method.decorators);
        let Some(name) = self.key(&method.key) else {
            self.value_function(&method.value, None);
            return;
        };
        let traits = Traits {
            is_static: method.r#static,
            is_property: matches!(
                method.kind,
                MethodDefinitionKind::Get | MethodDefinitionKind::Set
            ),
            is_abstract: method.r#type
                == oxc_ast::ast::MethodDefinitionType::TSAbstractMethodDefinition,
            is_exported: true,
            ..Traits::default()
        };
        let place = (name, method.key.span().start, method.span);
        self.function(&method.value, place, SymbolKind::Method, traits);
    }

    fn property(&mut self, property: &PropertyDefinition<'t>) {
        self.decorators(&property.decorators);
        let declared = self.annotated(property.type_annotation.as_ref());
        let Some(name) = self.key(&property.key) else {
            if let Some(value) = &property.value {
                self.value(value);
            }
            return;
        };
        let traits =
            Traits { is_static: property.r#static, is_exported: true, ..Traits::default() };
        let place = (name, property.key.span().start, property.span);
        match &property.value {
            Some(Expression::ArrowFunctionExpression(one)) => {
                self.named_arrow(one, place, SymbolKind::Method, traits);
            }
            Some(Expression::FunctionExpression(one)) => {
                self.function(one, place, SymbolKind::Method, traits);
            }
            value => {
                let value = value.as_ref().map_or(ExpressionId::UNKNOWN, |value| self.value(value));
                self.field(name, place.1, property.span, declared, value);
            }
        }
    }

    fn decorators(&mut self, decorators: &[Decorator<'t>]) {
        for one in decorators {
            match &one.expression {
                Expression::CallExpression(_) => {
                    self.value(&one.expression);
                }
                callee => {
                    self.callee(callee, SiteKind::Decorator, 0);
                }
            }
        }
    }

    pub(super) fn interface(&mut self, one: &TSInterfaceDeclaration<'t>) {
        let name = self.b.name(one.id.name.as_str());
        let span = self.span(one.id.span.start, one.span, Some(one.body.span.start));
        let traits = self.traits();
        let id = self.define(Definition { name, kind: SymbolKind::Interface, span, traits });
        let before = self.b.enter(ScopeKind::Class, Some(id));
        let parameters = self.type_parameters(one.type_parameters.as_ref());
        let mut bases = Vec::new();
        for base in &one.extends {
            let named = self.type_name(&base.type_name);
            bases.push(self.apply(named, base.type_arguments.as_ref()));
        }
        self.b.symbol(id).parameters = parameters;
        self.b.symbol(id).bases = bases;
        self.signatures(&one.body.body);
        self.b.leave(before);
    }

    pub(super) fn alias(&mut self, one: &TSTypeAliasDeclaration<'t>) {
        let name = self.b.name(one.id.name.as_str());
        let span = self.span(one.id.span.start, one.span, None);
        let traits = self.traits();
        let id = self.define(Definition { name, kind: SymbolKind::Alias, span, traits });
        let before = self.b.enter(ScopeKind::Block, Some(id));
        let parameters = self.type_parameters(one.type_parameters.as_ref());
        let base = self.annotation(&one.type_annotation);
        self.b.symbol(id).parameters = parameters;
        self.b.symbol(id).bases.push(base);
        self.b.leave(before);
    }

    pub(super) fn enumeration(&mut self, one: &TSEnumDeclaration<'t>) {
        let name = self.b.name(one.id.name.as_str());
        let span = self.span(one.id.span.start, one.span, None);
        let traits = self.traits();
        let id = self.define(Definition { name, kind: SymbolKind::Class, span, traits });
        let before = self.b.enter(ScopeKind::Class, Some(id));
        for member in &one.body.members {
            if let Some(value) = &member.initializer {
                self.value(value);
            }
            let (name, at) = match &member.id {
                TSEnumMemberName::Identifier(id) => (self.b.name(id.name.as_str()), id.span.start),
                TSEnumMemberName::String(text) => {
                    (self.b.name(text.value.as_str()), text.span.start)
                }
                _ => continue,
            };
            self.field(name, at, member.span, None, ExpressionId::UNKNOWN);
        }
        self.b.leave(before);
    }

    pub(super) fn namespace(&mut self, one: &TSNamespaceDeclaration<'t>) {
        let name = self.b.name(one.id.name.as_str());
        let span = self.span(one.id.span.start, one.span, None);
        let traits = self.traits();
        let id = self.define(Definition { name, kind: SymbolKind::Module, span, traits });
        let before = self.b.enter(ScopeKind::Module, Some(id));
        match &one.body {
            TSNamespaceDeclarationBody::TSNamespaceDeclaration(inner) => {
                self.deeper(|this| this.namespace(inner));
            }
            TSNamespaceDeclarationBody::TSModuleBlock(body) => self.statements(&body.body),
        }
        self.b.leave(before);
    }
}
