//! Types written in TypeScript.

use super::Walk;
use crate::facts::{Expression as Fact, ExpressionId, Parameter, ScopeKind, SiteKind, What};
use oxc_allocator::Box as Boxed;
use oxc_ast::ast::{
    FormalParameters, TSSignature, TSTupleElement, TSType, TSTypeAnnotation, TSTypeName,
    TSTypeParameterDeclaration, TSTypeParameterInstantiation, TSTypeQueryExprName,
};
use oxc_span::GetSpan;

impl<'t> Walk<'t> {
    /// The type that is written down.
    pub(super) fn annotation(&mut self, of: &TSType<'t>) -> ExpressionId {
        self.deeper(|this| Some(this.annotation_of(of))).unwrap_or(ExpressionId::UNKNOWN)
    }

    fn annotation_of(&mut self, of: &TSType<'t>) -> ExpressionId {
        match of {
            TSType::TSTypeReference(one) => {
                let base = self.type_name(&one.type_name);
                self.apply(base, one.type_arguments.as_ref())
            }
            TSType::TSUnionType(one) => {
                let of = one.types.iter().map(|one| self.annotation(one)).collect();
                self.b.union(of)
            }
            TSType::TSIntersectionType(one) => {
                let of = one.types.iter().map(|one| self.annotation(one)).collect();
                self.b.union(of)
            }
            TSType::TSArrayType(one) => {
                let of = self.annotation(&one.element_type);
                self.b.builtin("Array", vec![of])
            }
            TSType::TSTupleType(one) => {
                let of = one.element_types.iter().map(|one| self.tuple_element(one)).collect();
                self.b.expression(Fact::Tuple(of))
            }
            TSType::TSStringKeyword(_) | TSType::TSTemplateLiteralType(_) => {
                self.b.builtin("string", Vec::new())
            }
            TSType::TSLiteralType(_) => self.b.builtin("string", Vec::new()),
            TSType::TSNumberKeyword(_) | TSType::TSBigIntKeyword(_) => {
                self.b.builtin("number", Vec::new())
            }
            TSType::TSBooleanKeyword(_) | TSType::TSTypePredicate(_) => {
                self.b.builtin("boolean", Vec::new())
            }
            TSType::TSNullKeyword(_)
            | TSType::TSUndefinedKeyword(_)
            | TSType::TSVoidKeyword(_)
            | TSType::TSNeverKeyword(_) => self.b.builtin("None", Vec::new()),
            TSType::TSThisType(_) => self.b.builtin("Self", Vec::new()),
            TSType::TSParenthesizedType(one) => self.annotation(&one.type_annotation),
            TSType::TSTypeOperatorType(one) => self.annotation(&one.type_annotation),
            TSType::TSFunctionType(one) => self.function_type(
                one.type_parameters.as_ref(),
                &one.params,
                Some(&one.return_type),
            ),
            TSType::TSConstructorType(one) => self.function_type(
                one.type_parameters.as_ref(),
                &one.params,
                Some(&one.return_type),
            ),
            TSType::TSTypeLiteral(one) => {
                let before = self.b.enter(ScopeKind::Class, None);
                let scope = self.b.scope();
                self.signatures(&one.members);
                self.b.leave(before);
                self.b.expression(Fact::Object(scope))
            }
            TSType::TSIndexedAccessType(one) => {
                let of = self.annotation(&one.object_type);
                let of = self.b.expression(Fact::Instance(of));
                match &one.index_type {
                    TSType::TSLiteralType(literal) => match &literal.literal {
                        oxc_ast::ast::TSLiteral::StringLiteral(text) => {
                            let name = self.b.name(text.value.as_str());
                            self.b.member(of, name)
                        }
                        _ => self.b.expression(Fact::Index(of)),
                    },
                    other => {
                        self.annotation(other);
                        self.b.expression(Fact::Index(of))
                    }
                }
            }
            TSType::TSConditionalType(one) => {
                self.annotation(&one.check_type);
                self.annotation(&one.extends_type);
                let then = self.annotation(&one.true_type);
                let otherwise = self.annotation(&one.false_type);
                self.b.union(vec![then, otherwise])
            }
            TSType::TSTypeQuery(one) => {
                let of = match &one.expr_name {
                    TSTypeQueryExprName::TSImportType(_) => ExpressionId::UNKNOWN,
                    other => match other.as_ts_type_name() {
                        Some(name) => self.type_name(name),
                        None => ExpressionId::UNKNOWN,
                    },
                };
                self.b.expression(Fact::TypeOf(of))
            }
            TSType::TSMappedType(one) => {
                self.annotation(&one.constraint);
                if let Some(of) = &one.type_annotation {
                    self.annotation(of);
                }
                ExpressionId::UNKNOWN
            }
            TSType::TSImportType(one) => {
                let module = self.b.name(one.source.value.as_str());
                let module = self.b.expression(Fact::Module(module));
                match &one.qualifier {
                    Some(oxc_ast::ast::TSImportTypeQualifier::Identifier(id)) => {
                        let name = self.b.name(id.name.as_str());
                        self.b.member(module, name)
                    }
                    _ => ExpressionId::UNKNOWN,
                }
            }
            _ => ExpressionId::UNKNOWN,
        }
    }

    fn tuple_element(&mut self, of: &TSTupleElement<'t>) -> ExpressionId {
        match of {
            TSTupleElement::TSOptionalType(one) => self.annotation(&one.type_annotation),
            TSTupleElement::TSRestType(one) => self.annotation(&one.type_annotation),
            other => match other.as_ts_type() {
                Some(TSType::TSNamedTupleMember(one)) => self.tuple_element(&one.element_type),
                Some(of) => self.annotation(of),
                None => ExpressionId::UNKNOWN,
            },
        }
    }

    pub(super) fn type_name(&mut self, name: &TSTypeName<'t>) -> ExpressionId {
        match name {
            TSTypeName::IdentifierReference(id) => {
                let name = self.b.name(id.name.as_str());
                let named = self.b.named(name, id.span.start as usize);
                self.site(SiteKind::Type, name, id.span.start, named, 0);
                named
            }
            TSTypeName::QualifiedName(one) => {
                let of = self.type_name(&one.left);
                let name = self.b.name(one.right.name.as_str());
                let member = self.b.member(of, name);
                self.site(SiteKind::Type, name, one.right.span.start, member, 0);
                member
            }
            TSTypeName::ThisExpression(_) => {
                let scope = self.b.scope();
                self.b.expression(Fact::This { scope })
            }
        }
    }

    /// A generic with what it is applied to.
    pub(super) fn apply(
        &mut self,
        base: ExpressionId,
        arguments: Option<&Boxed<'t, TSTypeParameterInstantiation<'t>>>,
    ) -> ExpressionId {
        let Some(arguments) = arguments else { return base };
        let arguments: Vec<ExpressionId> =
            arguments.params.iter().map(|one| self.annotation(one)).collect();
        self.b.expression(Fact::Apply { base, arguments: arguments.into() })
    }

    pub(super) fn annotated(
        &mut self,
        of: Option<&Boxed<'t, TSTypeAnnotation<'t>>>,
    ) -> Option<ExpressionId> {
        of.map(|of| self.annotation(&of.type_annotation)).filter(|of| *of != ExpressionId::UNKNOWN)
    }

    fn function_type(
        &mut self,
        parameters: Option<&Boxed<'t, TSTypeParameterDeclaration<'t>>>,
        takes: &FormalParameters<'t>,
        result: Option<&Boxed<'t, TSTypeAnnotation<'t>>>,
    ) -> ExpressionId {
        let before = self.b.enter(ScopeKind::Block, None);
        self.type_parameters(parameters);
        let takes: Vec<ExpressionId> = self
            .takes(takes)
            .into_iter()
            .map(|one| one.declared.unwrap_or(ExpressionId::UNKNOWN))
            .collect();
        let result = self.annotated(result).unwrap_or(ExpressionId::UNKNOWN);
        self.b.leave(before);
        self.b.expression(Fact::Function { takes: takes.into(), result })
    }

    /// What a signature takes, without binding anything.
    pub(super) fn takes(&mut self, of: &FormalParameters<'t>) -> Vec<Parameter> {
        of.items
            .iter()
            .map(|one| {
                let name = one.pattern.get_identifier_name().map(|name| self.b.name(name.as_str()));
                let declared = self.annotated(one.type_annotation.as_ref());
                Parameter { name, declared }
            })
            .collect()
    }

    /// Binds type parameters and gives their names.
    pub(super) fn type_parameters(
        &mut self,
        of: Option<&Boxed<'t, TSTypeParameterDeclaration<'t>>>,
    ) -> Vec<crate::facts::Name> {
        let mut names = Vec::new();
        for one in of.into_iter().flat_map(|of| &of.params) {
            let name = self.b.name(one.name.name.as_str());
            let bound = one.constraint.as_ref().map(|bound| self.annotation(bound));
            if let Some(default) = &one.default {
                self.annotation(default);
            }
            self.b.bind(name, one.name.span.start as usize, What::TypeParameter { bound });
            names.push(name);
        }
        names
    }

    /// The members of an interface or of a type literal.
    pub(super) fn signatures(&mut self, members: &[TSSignature<'t>]) {
        for member in members {
            let span = member.span();
            match member {
                TSSignature::TSPropertySignature(one) => {
                    let declared = self.annotated(one.type_annotation.as_ref());
                    if let Some(name) = self.key(&one.key) {
                        self.field(
                            name,
                            one.key.span().start,
                            span,
                            declared,
                            ExpressionId::UNKNOWN,
                        );
                    }
                }
                TSSignature::TSMethodSignature(one) => {
                    if let Some(name) = self.key(&one.key) {
                        let is_property = one.kind == oxc_ast::ast::TSMethodSignatureKind::Get;
                        self.signature(
                            name,
                            (one.key.span().start, span, is_property),
                            one.type_parameters.as_ref(),
                            &one.params,
                            one.return_type.as_ref(),
                        );
                    }
                }
                TSSignature::TSCallSignatureDeclaration(one) => {
                    let name = self.b.made_name("()");
                    self.signature(
                        name,
                        (span.start, span, false),
                        one.type_parameters.as_ref(),
                        &one.params,
                        one.return_type.as_ref(),
                    );
                }
                TSSignature::TSConstructSignatureDeclaration(one) => {
                    let name = self.b.made_name("new()");
                    self.signature(
                        name,
                        (span.start, span, false),
                        one.type_parameters.as_ref(),
                        &one.params,
                        one.return_type.as_ref(),
                    );
                }
                TSSignature::TSIndexSignature(one) => {
                    let declared = Some(self.annotation(&one.type_annotation.type_annotation));
                    let name = self.b.made_name("[]");
                    let what =
                        What::Value { declared, value: None, is_field: true, is_narrowed: false };
                    self.b.bind(name, span.start as usize, what);
                }
            }
        }
    }
}
