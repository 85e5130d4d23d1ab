//! Imports and exports of scripts.

use super::Walk;
use crate::facts::{Expression as Fact, ExpressionId, Name, ScopeId, SiteKind, What};
use oxc_ast::ast::{
    ExportDefaultDeclarationKind, ExportSpecifier, ImportDeclaration, ImportDeclarationSpecifier,
    ModuleDeclaration, ModuleExportName, TSImportEqualsDeclaration, TSModuleReference,
};
use oxc_span::GetSpan;

impl<'t> Walk<'t> {
    pub(super) fn module_declaration(&mut self, declaration: &ModuleDeclaration<'t>) {
        match declaration {
            ModuleDeclaration::ImportDeclaration(one) => self.import(one),
            ModuleDeclaration::ExportDeclaration(one) => {
                self.exported = true;
                self.declaration(&one.declaration);
                self.exported = false;
            }
            ModuleDeclaration::ExportDefaultDeclaration(one) => {
                self.export_default(&one.declaration, one.span.start);
            }
            ModuleDeclaration::ExportNamedDeclaration(one) => {
                for specifier in &one.specifiers {
                    self.export_local(specifier);
                }
            }
            ModuleDeclaration::ExportFromDeclaration(one) => {
                let module = self.b.name(one.source.value.as_str());
                for specifier in &one.specifiers {
                    let item = self.export_name(&specifier.local);
                    let name = self.export_name(&specifier.exported);
                    let at = specifier.span.start as usize;
                    let what = What::Import { module, item: Some(item), only_exported: true };
                    self.b.bind_in(ScopeId::FILE, name, at, what);
                }
            }
            ModuleDeclaration::ExportAllDeclaration(one) => {
                let module = self.b.name(one.source.value.as_str());
                let at = one.span.start as usize;
                match &one.exported {
                    Some(name) => {
                        let name = self.export_name(name);
                        let what = What::Import { module, item: None, only_exported: true };
                        self.b.bind_in(ScopeId::FILE, name, at, what);
                    }
                    None => {
                        let what = What::Star { module, only_exported: true };
                        self.b.bind_in(ScopeId::FILE, module, at, what);
                    }
                }
            }
            ModuleDeclaration::TSExportAssignment(one) => {
                let value = self.value(&one.expression);
                let name = self.b.made_name("export=");
                self.export(name, one.span.start as usize, value);
            }
            ModuleDeclaration::TSNamespaceExportDeclaration(_) => {}
        }
    }

    fn import(&mut self, one: &ImportDeclaration<'t>) {
        let module = self.b.name(one.source.value.as_str());
        for specifier in one.specifiers.iter().flatten() {
            let (local, item) = match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(one) => {
                    let item = self.export_name(&one.imported);
                    (&one.local, Some(item))
                }
                ImportDeclarationSpecifier::ImportDefaultSpecifier(one) => {
                    (&one.local, Some(self.b.made_name("default")))
                }
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(one) => (&one.local, None),
            };
            self.bind_import(local, module, item);
        }
    }

    fn bind_import(
        &mut self,
        local: &oxc_ast::ast::BindingIdentifier<'t>,
        module: Name,
        item: Option<Name>,
    ) {
        let name = self.b.name(local.name.as_str());
        let at = local.span.start;
        let what = What::Import { module, item, only_exported: false };
        self.b.bind(name, at as usize, what);
        if item.is_some() {
            let callee = self.b.named(name, at as usize + 1);
            self.site(SiteKind::Import, name, at, callee, 0);
        }
    }

    pub(super) fn import_equals(&mut self, one: &TSImportEqualsDeclaration<'t>) {
        match &one.module_reference {
            TSModuleReference::ExternalModuleReference(module) => {
                let module = self.b.name(module.expression.value.as_str());
                let item = self.b.made_name("export=");
                self.bind_import(&one.id, module, Some(item));
            }
            TSModuleReference::IdentifierReference(id) => {
                let of = self.b.name(id.name.as_str());
                let of = self.b.named(of, id.span.start as usize);
                let name = self.b.name(one.id.name.as_str());
                self.b.variable(name, one.span.start as usize, None, Some(of));
            }
            TSModuleReference::QualifiedName(_) => {}
        }
    }

    fn export_name(&mut self, name: &ModuleExportName<'t>) -> Name {
        self.b.name(name.name().as_str())
    }

    /// `export { a as b }`: others find `b`, this file does not.
    fn export_local(&mut self, specifier: &ExportSpecifier<'t>) {
        let local = self.export_name(&specifier.local);
        let exported = self.export_name(&specifier.exported);
        if local == exported {
            return;
        }
        let at = specifier.span.start as usize;
        let of = self.b.named(local, at);
        self.export(exported, at, of);
    }

    fn export_default(&mut self, declaration: &ExportDefaultDeclarationKind<'t>, at: u32) {
        let name = self.b.made_name("default");
        let of = match declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(one) => {
                self.exported = true;
                let symbol = match self.function_declaration(one) {
                    Some(symbol) => symbol,
                    None => {
                        let traits =
                            crate::facts::Traits { is_exported: true, ..Default::default() };
                        let place = (name, one.span.start, one.span);
                        self.function(one, place, crate::facts::SymbolKind::Function, traits)
                    }
                };
                self.exported = false;
                self.b.bind_in(ScopeId::FILE, name, at as usize, What::Symbol(symbol));
                return;
            }
            ExportDefaultDeclarationKind::ClassDeclaration(one) => {
                self.exported = true;
                let named = if one.id.is_none() { Some((name, one.span.start)) } else { None };
                let of = self.class(one, named);
                self.exported = false;
                of
            }
            ExportDefaultDeclarationKind::TSInterfaceDeclaration(one) => {
                self.interface(one);
                let id = self.b.name(one.id.name.as_str());
                self.b.named(id, one.span.end as usize)
            }
            other => match other.as_expression() {
                Some(value) => match value {
                    oxc_ast::ast::Expression::ArrowFunctionExpression(one) => {
                        let traits =
                            crate::facts::Traits { is_exported: true, ..Default::default() };
                        let place = (name, value.span().start, value.span());
                        self.named_arrow(one, place, crate::facts::SymbolKind::Function, traits);
                        return;
                    }
                    _ => self.value(value),
                },
                None => ExpressionId::UNKNOWN,
            },
        };
        if !matches!(self.b.look(of), Fact::Unknown) {
            self.export(name, at as usize, of);
        }
    }
}
